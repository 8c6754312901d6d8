#!/usr/bin/env bats
# Podman where the host has KVM, vsock, and cgroups of version 2 alone, beside runc. What is the same elsewhere is in
# tests/integration.

setup() {
  load ../integration/lib/kata
  load ../integration/lib/table
  load ../integration/lib/podman
  load lib/testbed
  testbed_setup
  podman_setup
}
teardown() {
  podman_teardown
  common_teardown
}

@test "podman run: status, streams, environment, directory, user; what cannot be run" { beside_runc once; }
