# shellcheck shell=bash
# docker build, whose steps run with the daemon's default runtime, so one runtime after the other.

build() {
  local dir=$ROWS/context
  mkdir -p "$dir"
  default_runtime "$RUNTIME"
  echo text >"$dir/file"
  cat >"$dir/Dockerfile" <<'END'
FROM busybox
ARG WHAT=default
ENV GREETING=hello
WORKDIR /work
COPY file copied
RUN echo "$WHAT $GREETING" >made && id -u >>made && pwd >>made && chmod 644 made
USER 12:13
RUN id -u >/tmp/user && ! echo x >made
CMD ["cat", "made", "copied", "/tmp/user"]
END
  row build built "$C" --build-arg WHAT=argument "$dir"
  row built-run d run --rm --network none "$C"
  row built-files d run --rm --network none "$C" stat -c '%n %a %u %g' made copied /tmp/user
  row built-history d history --format '{{.CreatedBy}}' "$C"
  printf 'FROM busybox\nRUN echo before; exit 9\n' >"$dir/Dockerfile"
  row build-step-fails built "$C-fails" --force-rm "$dir"
  row build-left-nothing d ps -aq
  d rmi "$C" >/dev/null
  default_runtime runc
}

# built NAME ARG...: by the classic builder, which takes the runtime; the other one runs its steps with runc itself.
built() { DOCKER_BUILDKIT=0 docker_ build -q --network none -t "$1" "${@:2}" | sed 's/^sha256://'; return "${PIPESTATUS[0]}"; }
