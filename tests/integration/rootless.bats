#!/usr/bin/env bats
# Containers of an ordinary user: docs/rootless.md.

setup() {
  load lib/kata
  load lib/bundle
  load lib/rootless
  common_setup
}
teardown() {
  user_teardown
  common_teardown
}

# a_bundle ARG...: $HOME_OF_USER/bundle, which runs this in a root file system of its own.
a_bundle() {
  busybox_bundle "$HOME_OF_USER/bundle" "$@"
  edit_config "$HOME_OF_USER/bundle" '.root.readonly = false'
  chown -R "$USER_ID:$USER_ID" "$HOME_OF_USER/bundle"
}
background() { as_user_kata run --detach --bundle "$HOME_OF_USER/bundle" "$@" </dev/null >/dev/null 2>"$BATS_TEST_TMPDIR/err" || { cat "$BATS_TEST_TMPDIR/err" >&2; return 1; }; }
qemu_of_user() { processes_of_user | awk '$4 ~ /qemu-system/ {print $2}'; }

@test "do: its status, its files, and a machine that is nobody's and sees nothing of his" {
  user_setup
  user_root
  run -7 as_user_kata "do" --rootfs "$HOME_OF_USER/root" -- sh -c 'echo text >/file; id -u; uname -n; exit 7'
  [ "$output" = $'0\nkata' ]
  [ "$(stat -c %u:%s "$HOME_OF_USER/root/file")" = "$USER_ID:5" ]
  as_user_kata "do" -- sleep 1000 >/dev/null 2>&1 3>&- &
  local pid
  eventually qemu_is_there
  pid=$(qemu_of_user)
  [ "$(ps -o uid= -p "$pid")" -gt "$((USER_ID * 70000))" ]
  grep -q '^CapEff:.*0000000000000000$' "/proc/$pid/status"
  [ ! -e "/proc/$pid/root/etc/passwd" ] && [ ! -e "/proc/$pid/root$HOME_OF_USER" ]
  [ "$(readlink "/proc/$pid/ns/user")" != "$(readlink /proc/self/ns/user)" ]
  processes_of_user | awk '/kata-runtime do/ {print $2}' | xargs kill -TERM
  wait $! || true
}
qemu_is_there() { [ -n "$(qemu_of_user)" ]; }

@test "containers that others come to: list, exec, ps, state, kill, delete; two that begin at once" {
  user_setup
  a_bundle sleep 1000
  background "$ID-1" 3>&- &
  background "$ID-2"
  wait $!
  as_user_kata list | grep -q "$ID-1.* running .* u$ID$"
  [ "$(as_user_kata exec "$ID-1" cat /proc/1/comm)" = sleep ]
  run -5 as_user_kata exec "$ID-2" sh -c 'exit 5'
  [ "$(echo words | as_user_kata exec "$ID-2" cat)" = words ]
  as_user_kata ps "$ID-1" | grep -q 'sleep 1000'
  as_user_kata kill "$ID-1" KILL
  eventually stopped "$ID-1"
  as_user_kata delete "$ID-1"
  fails_as_user 'does not exist' state "$ID-1"
  as_user_kata delete --force "$ID-2"
}
stopped() { [ "$(as_user_kata state "$1" | jq -r .status)" = stopped ]; }
fails_as_user() {
  local said
  if said=$(as_user_kata "${@:2}" 2>&1); then return 1; fi
  [[ $said =~ $1 ]] || { echo "wanted: $1; got: $said" >&2; return 1; }
}

@test "its shim is killed: the container has stopped, and its deletion leaves nothing" {
  user_setup
  a_bundle sleep 1000
  background "$ID"
  processes_of_user | awk '$4 ~ /containerd-shim/ {print $2}' | xargs kill -9
  eventually stopped "$ID"
  eventually no_process_of_user
  as_user_kata delete "$ID"
}

@test "by 9p, files belong to whom they are given" {
  user_setup
  printf '[hypervisor.qemu]\nshared_fs = "virtio-9p"\n' >"/tmp/rp-$ID/9p.toml"
  a_bundle sh -c 'touch /file && chown 5:6 /file && stat -c %u:%g /file'
  give_capabilities "$HOME_OF_USER/bundle" CHOWN
  [ "$(as_user_kata --config "/tmp/rp-$ID/9p.toml" run --bundle "$HOME_OF_USER/bundle" "$ID" </dev/null)" = 5:6 ]
  [ "$(stat -c %u "$HOME_OF_USER/bundle/rootfs/file")" = $((USER_ID * 70000 + 4)) ]
}

@test "nobody gave him ids: a container's root is all there is, by 9p" {
  user_setup alone
  run -0 as_user_kata "do" -- sh -c 'id -u; touch /tmp/file; ls -ln /tmp/file'
  [[ $output == *"a container's files can only belong to its root"*"gives this user no ids"* ]]
  [[ $output == *$'\n0\n'* ]]
}

@test "nowhere for what runs: the error says what to do" {
  user_setup
  run -1 as_user env -u XDG_RUNTIME_DIR "/tmp/rp-$ID/programs/bin/kata-runtime" "do" -- true
  [[ $output =~ 'there is no directory /run/user/'[0-9]+' '.*'(try: set XDG_RUNTIME_DIR' ]]
}

# p RUNTIME ARG...: his Podman.
p() {
  local runtime=$1
  [ "$runtime" = runc ] || runtime=/tmp/rp-$ID/programs/bin/kata-runtime
  as_user podman --runtime "$runtime" --cgroup-manager cgroupfs --storage-driver vfs --events-backend file "${@:2}"
}
page_of() { eventually curl -fsS "http://127.0.0.1:$1/" && curl -sS "http://127.0.0.1:$1/"; }

# daily RUNTIME PORT: what people do, in words that both runtimes have in common.
daily() {
  p "$1" run --rm image sh -c 'id -u; cat /proc/sys/kernel/hostname | wc -c; touch /x; chown 5:6 /x; stat -c %u:%g /x; exit 3' || echo "status $?"
  p "$1" run -d --name web -p "$2:80" -v data:/data image sh -c 'echo page >/data/index.html; exec httpd -f -p 80 -h /data' >/dev/null
  page_of "$2"
  p "$1" exec web sh -c 'cat /data/index.html; exit 4' || echo "status $?"
  echo input | p "$1" exec -i web cat
  p "$1" cp web:/data/index.html - | tar -xO
  p "$1" top web user | tail -n 1
  p "$1" inspect web --format '{{.State.Status}}'
  p "$1" stop -t 0 web >/dev/null
  p "$1" rm web >/dev/null
  p "$1" pod create --name pod >/dev/null
  p "$1" run -d --pod pod --name first image sh -c 'mkdir /www; echo pod >/www/index.html; exec httpd -f -p 8080 -h /www' >/dev/null
  p "$1" run --rm --pod pod image sh -c 'until wget -qO- http://127.0.0.1:8080/; do sleep 0.2; done'
  p "$1" pod rm -f -t 0 pod >/dev/null
  p "$1" volume rm data >/dev/null
}

@test "rootless Podman: run, ports, exec, cp, top, volumes, pods, as with runc" {
  local each
  for each in podman slirp4netns newuidmap; do command -v "$each" >/dev/null || skip "needs $each: ./dev setup"; done
  user_setup
  tar -C "$KATA_SHARE/busybox-rootfs" -c . | p runc import --change "ENV PATH=/usr/sbin:/usr/bin:/sbin:/bin" - image >/dev/null 2>&1
  daily runc $((20000 + USER_ID % 10000)) >"$BATS_TEST_TMPDIR/runc" 2>"$BATS_TEST_TMPDIR/runc.err" || { cat "$BATS_TEST_TMPDIR"/runc* >&2; false; }
  daily kata $((20000 + USER_ID % 10000)) >"$BATS_TEST_TMPDIR/kata" 2>"$BATS_TEST_TMPDIR/kata.err" || { cat "$BATS_TEST_TMPDIR"/kata* >&2; false; }
  diff "$BATS_TEST_TMPDIR"/{runc,kata} || { cat "$BATS_TEST_TMPDIR"/*.err >&2; false; }
  grep -q '^pod$' "$BATS_TEST_TMPDIR/kata"
  processes_of_user | awk '/catatonit -P/ {print $2}' | xargs kill # which holds Podman's namespaces for the next command
}
