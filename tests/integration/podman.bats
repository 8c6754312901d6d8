#!/usr/bin/env bats
# Podman as its users use it, beside runc: each row of a group (lib/podman/) is asked of both, and the answers are compared.
# What differs has a line in docs/limitations.md.

setup() {
  load lib/kata
  load lib/table
  load lib/podman
  common_setup
  podman_setup
}
teardown() {
  podman_teardown
  common_teardown
}

by_kata() { RUNTIME=kata p "$@"; }

# bats test_tags=daily
@test "run: status, streams, environment, directory, user; what cannot be run" {
  expect "$(by_kata info --format '{{.Host.OCIRuntime.Name}}')" kata
  holds "$(by_kata info --format '{{.Host.OCIRuntime.Version}}')" '^kata-runtime'
  beside_runc once
}

@test "exec and what run's options mean inside" {
  beside_runc options
}

@test "life: pause, kill, stop, start, logs, restart, health" {
  beside_runc life
}

# bats test_tags=daily
@test "files: cp both ways, volumes, diff, commit, export" {
  beside_runc files
}

# bats test_tags=daily
@test "networks: names, published ports, another container's network; what is refused by its name" {
  beside_runc network
}

@test "podman pod: two containers with one localhost and one IPC; stop, start, remove" {
  beside_runc pod
}

@test "kube play: a pod of two containers and an emptyDir, an init container, and its end" {
  beside_runc kube
}

@test "a program that takes itself for systemd: its cgroups, its mounts, its end" {
  beside_runc systemd
}

@test "conmon is killed: stop and rm -f leave nothing" {
  by_kata run -d --name c "$IMAGE" >/dev/null
  kill -9 "$(pgrep -f "^/usr/bin/conmon .*$PODMAN/")"
  by_kata stop -t 1 c
  [ -n "$(kata list --quiet)" ] # Podman has not asked for its deletion, and does not do it either
  by_kata rm -f c
  no_shim() { ! pgrep -f -- "containerd-shim-kata-v2.*$MARK"; }
  eventually no_shim
  # Whoever makes the next container removes what Podman has forgotten.
  by_kata run --rm "$IMAGE" true
  expect "$(kata list --quiet)" ""
}
