# shellcheck shell=bash
# podman build: each RUN is a container of the runtime, which builds look for by its path. Nothing is taken from the other runtime's build.

built() { own_podman --runtime "$PODMAN/$RUNTIME" build -q --pull=never --no-cache -t "$1" "${@:2}"; }

build() {
  local dir=$ROWS/context
  mkdir -p "$dir"
  echo copied >"$dir/file"
  echo hidden >"$ROWS/secret"
  cat >"$dir/Containerfile" <<CONTAINERFILE
FROM $IMAGE AS first
ARG WORD
ENV GREETING=hello
WORKDIR /place
COPY file .
RUN cat file >built && echo \$GREETING \$WORD >>built && mkdir -m 1777 /shared
USER 1000:1001
RUN id -u >/shared/uid && id -g >>/shared/uid && pwd >>/shared/uid && ! echo x >built
FROM $IMAGE
COPY --from=first /place/built /shared/uid /result/
RUN --mount=type=bind,target=/context cat /context/file >/result/mounted
RUN --mount=type=secret,id=word wc -c </run/secrets/word >/result/secret
RUN --mount=type=tmpfs,target=/scratch echo x >/scratch/file && stat -f -c %T /scratch >/result/scratch
RUN wget -qO- "http://\$(ip route | awk '/^default/ { print \$3 }'):8090/passwd" | head -n 1 >/result/from-host
CMD cd /result && for each in *; do echo "\$each: \$(cat \$each)"; done; ls /run/secrets /scratch /context
CONTAINERFILE
  row build built "$C" --build-arg WORD=world --secret "id=word,src=$ROWS/secret" "$dir"
  row build-run p run --rm --network none "$C"
  row build-history history_of "$C"
  printf 'FROM %s\nRUN ls /sys/class/net >/interfaces\nCMD cat /interfaces\n' "$IMAGE" >"$dir/Containerfile"
  must built "alone-$C" --network none "$dir"
  row build-without-network p run --rm "alone-$C"
  printf 'FROM %s\nRUN uname -r >/release\n' "$IMAGE" >"$dir/Containerfile"
  must built "release-$C" "$dir"
  row build-in-a-guest in_a_guest "$(p run --rm --network none "release-$C" cat /release)"
  printf 'FROM %s\nRUN echo before; exit 3\n' "$IMAGE" >"$dir/Containerfile"
  row build-step-fails built "fails-$C" "$dir"
  printf 'FROM %s\nRUN ["/no-such-program"]\n' "$IMAGE" >"$dir/Containerfile"
  row build-step-not-found built "fails-$C" "$dir"
  row build-left-nothing p ps -aq
}

# history_of IMAGE: without hashes of what was copied.
history_of() { p history --format "{{.CreatedBy}}" "$1" | sed "s/:[0-9a-f].*//"; }

# in_a_guest RELEASE: whether a kernel of that release ran what the runtime was to run.
in_a_guest() { if [ "$RUNTIME" = runc ]; then [ "$1" = "$(uname -r)" ]; else [ "$1" != "$(uname -r)" ]; fi; }
