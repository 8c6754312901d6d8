#!/usr/bin/env bats
# shellcheck disable=SC2030,SC2031,SC2034
# kata-deploy-docker, the old image's: what it writes below /opt/kata and /etc/docker, and takes back. No Docker, no systemd.

setup() {
  load ../integration/lib/kata
  load ../integration/lib/engines
  load lib/node
  node_setup
  mkdir -p "$NODE/opt/kata" "$NODE/etc/docker"
  DAEMON=$NODE/etc/docker/daemon.json
}

# for_docker ACTION [OPTION...]
for_docker() {
  DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nowhere "$KATA_DEPLOY" kata-deploy-docker --host "$NODE" --artifacts "$PAYLOAD" "$@"
}

@test "kata-deploy-docker: registered by its path, twice is once, removed is as before" {
  local before after
  printf '{\n  "log-level": "warn"\n}\n' >"$DAEMON"
  before=$(files)
  run -0 for_docker install --dry-run
  holds "$output" 'would write'
  expect "$(files)" "$before"
  run -0 for_docker install
  holds "$output" 'then: systemctl reload docker'
  expect "$(jq -c . "$DAEMON")" '{"log-level":"warn","runtimes":{"kata-qemu":{"path":"/opt/kata/bin/kata-runtime"}}}'
  [ -x "$NODE/opt/kata/bin/containerd-shim-kata-v2" ]
  after=$(files)
  run -0 for_docker install
  expect "$(files)" "$after"
  run ! grep 'reload' <<<"$output"
  run -0 for_docker remove
  expect "$(files)" "$before"
}

@test "kata-deploy-docker: /opt/kata is a mount, which stays, empty" {
  # shellcheck disable=SC2016
  run -0 unshare --mount --propagation private -- sh -c 'mount -t tmpfs tmpfs "$0/opt/kata" &&
    "$1" kata-deploy-docker install --host "$0" --artifacts "$2" && "$1" kata-deploy-docker remove --host "$0" --artifacts "$2" && ls -A "$0/opt/kata"' \
    "$NODE" "$KATA_DEPLOY" "$PAYLOAD"
  holds "${lines[-1]}" 'removed 4 files'
}

@test "kata-deploy-docker: what is not mounted is said; a name of its own; a wrong action" {
  rmdir "$NODE/etc/docker"
  run -1 for_docker install
  holds "$output" "the host's /etc/docker is not mounted here \(try: run it with docker run -v /etc/docker:/etc/docker"
  [ ! -e "$NODE/opt/kata/bin" ]
  run ! for_docker upgrade
  ln -s "$KATA_DEPLOY" "$BATS_TEST_TMPDIR/kata-deploy-docker"
  run -0 "$BATS_TEST_TMPDIR/kata-deploy-docker" --help
  holds "$output" 'install or remove'
}
