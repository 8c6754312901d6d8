#!/usr/bin/env bats
# Docker with kata-runtime registered by its path, beside runc: each row of a group (lib/docker/) is asked of both, and the
# answers are compared. What differs has a line in docs/limitations.md.

setup_file() {
  load lib/kata
  load lib/docker
  common_setup
  start_docker
}
setup() {
  load lib/kata
  load lib/table
  load lib/docker
}
teardown() {
  [ -n "${BATS_TEST_COMPLETED:-}" ] || docker_ ps -aq | xargs -r timeout 120 "$DOCKER/docker" rm -f -v >/dev/null 2>&1 || true
}
teardown_file() {
  load lib/kata
  load lib/docker
  stop_docker
  [ -z "${DOCKER_HOME:-}" ] || no_leak
}

# bats test_tags=daily
@test "run: status, streams, user, directory, errors, init" {
  beside_runc once
}

@test "the options of a container, seen from inside; exec, top, stats, pause, update" {
  beside_runc options
}

# bats test_tags=daily
@test "create, start, restart, stop, kill, rm; logs, cp, diff, export, commit, events" {
  beside_runc life
}

# bats test_tags=daily
@test "networks: published ports, names, another container's network, connect and disconnect" {
  beside_runc network
}

@test "restart on failure, out of memory" {
  beside_runc ends
}

@test "health checks, restart always" {
  beside_runc health
}

@test "terminals: size, resize, detach, attach, exec" {
  beside_runc terminals
}

@test "signals of the client, attach without a terminal, a client that is killed" {
  beside_runc clients
}

@test "docker build with the runtime as the default" {
  one_after_the_other build
}

@test "ten containers at once" {
  RUNTIME=kata ten_at_once
}

@test "any process of ours or of the engine is killed: the container has ended or runs on, and leaves nothing" {
  RUNTIME=kata killed_one_by_one
}

@test "the daemon, and its containerd, are killed: containers run on, and are the next one's" {
  one_after_the_other daemon_killed
}
