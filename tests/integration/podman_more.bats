#!/usr/bin/env bats
# Podman where people sit at terminals, build images, have containers in systemd, and where processes are killed. As podman.bats;
# systemd in containers is in tests/inside.

setup() {
  load lib/kata
  load lib/table
  load lib/podman
  common_setup
  podman_setup
}
teardown() {
  [ -z "${SERVER:-}" ] || kill "$SERVER"
  podman_teardown
  common_teardown
}

@test "terminals: size, resize, Ctrl-C, detach keys, attach again, exec" { beside_runc terminals; }

@test "signals to the client, clients that go away" { beside_runc clients; }

@test "build: RUN, COPY, stages, mounts, secrets, networks, failures" {
  nsenter -t "$HOST" -m -n -- "$KATA_SHARE/busybox-rootfs/bin/busybox" httpd -f -p 8090 -h /etc 3>&- &
  SERVER=$!
  beside_runc build
}

@test "podman generate systemd: the unit's commands, and what they tell systemd" { beside_runc generated; }

# bats test_tags=daily
@test "Quadlet: the unit's commands, and what they tell systemd" {
  QUADLET=/usr/libexec/podman/quadlet
  export QUADLET
  [ -x "$QUADLET" ] || skip "Podman $(podman version --format '{{.Client.Version}}') has no Quadlet: 4.4 and later"
  beside_runc quadlet
}

@test "the machine, its shim, the stand-in are killed: the container starts again, rm -f leaves nothing" { RUNTIME=kata killed_one_by_one; }

@test "each is killed, and rm -f comes at once: nothing is left" { RUNTIME=kata killed_and_removed_at_once; }

@test "ten at once: each has its output and its status; nothing is left" { RUNTIME=kata ten_at_once; }
