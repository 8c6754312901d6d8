#!/usr/bin/env bats
# Docker 29 with kata-runtime registered by its path and as a shim, beside runc: what tests/integration/docker.bats asks the
# Docker of Debian 12, and docker compose. What differs has a line in docs/limitations.md.

setup_file() {
  load ../integration/lib/kata
  load ../integration/lib/docker
  common_setup
  docker_29
  start_docker
}
setup() {
  load ../integration/lib/kata
  load ../integration/lib/table
  load ../integration/lib/docker
}
teardown() {
  [ -n "${BATS_TEST_COMPLETED:-}" ] || docker_ ps -aq | xargs -r timeout 120 "$DOCKER/docker" rm -f -v >/dev/null 2>&1 || true
}
teardown_file() {
  load ../integration/lib/kata
  load ../integration/lib/docker
  stop_docker
  [ -z "${DOCKER_HOME:-}" ] || no_leak
}

@test "Docker 29: run: status, streams, user, directory, errors, init" {
  beside_runc once
}

@test "Docker 29: the options of a container, seen from inside; exec, top, stats, pause, update" {
  beside_runc options
}

@test "Docker 29: create, start, restart, stop, kill, rm; logs, cp, diff, export, commit, events" {
  beside_runc life
}

@test "Docker 29: networks: published ports, names, another container's network, connect and disconnect" {
  beside_runc network
}

@test "Docker 29: restart on failure, out of memory" {
  beside_runc ends
}

@test "Docker 29: health checks, restart always" {
  beside_runc health
}

@test "Docker 29: terminals: size, resize, detach, attach, exec" {
  beside_runc terminals
}

@test "Docker 29: signals of the client, attach without a terminal, a client that is killed" {
  beside_runc clients
}

@test "Docker 29: docker compose: two services, names, a volume, health" {
  beside_runc compose_project
}

@test "Docker 29: docker build with the runtime as the default" {
  one_after_the_other build
}

@test "Docker 29: any process of ours or of the engine is killed: the container has ended or runs on, and leaves nothing" {
  RUNTIME=kata killed_one_by_one
  RUNTIME=kata-shim killed_one_by_one
}

@test "Docker 29: the daemon, and its containerd, are killed: containers run on, and are the next one's" {
  one_after_the_other daemon_killed
}

@test "Docker 29: kata-runtime install docker: the daemon takes what it writes, knows its features, and runs it" {
  local root=$BATS_TEST_TMPDIR/root
  mkdir -p "$root/etc/docker"
  cp "$DOCKER_HOME/daemon.json" "$root/etc/docker/daemon.json"
  PATH=$DOCKER:$PATH timeout 60 "$KATA_RUNTIME" install docker --name installed --root "$root"
  cp "$root/etc/docker/daemon.json" "$DOCKER_HOME/daemon.json"
  kill -HUP "$(cat "$DOCKER_HOME/pid")"
  eventually knows_runtime installed
  expect "$(docker_ run --rm --runtime installed --network none busybox echo works)" works
  holds "$(docker_ info -f '{{json .Runtimes.kata}}')" 'runtime-spec.features'
  PATH=$DOCKER:$PATH timeout 60 "$KATA_RUNTIME" install docker --name installed --root "$root" --undo
  configure_docker runc
  expect "$(cat "$root/etc/docker/daemon.json")" "$(cat "$DOCKER_HOME/daemon.json")"
  # Without a file of its own.
  rm "$root/etc/docker/daemon.json"
  PATH=$DOCKER:$PATH timeout 60 "$KATA_RUNTIME" install docker --root "$root"
  PATH=$DOCKER:$KATA_BUILD_DIR/bin:$PATH "$DOCKER/dockerd" --validate --config-file "$root/etc/docker/daemon.json"
}
