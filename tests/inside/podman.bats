#!/usr/bin/env bats
# Podman with systemd as the workload, beside runc: as tests/integration/podman.bats, with the Debian that ./dev inside makes.

setup() {
  load ../integration/lib/kata
  load ../integration/lib/table
  load ../integration/lib/podman
  common_setup
  podman_setup
}
teardown() {
  podman_teardown
  common_teardown
}

@test "systemd as the workload: it boots, runs services with limits, and ends when it is told to" {
  SYSTEMD_ROOT=${SYSTEMD_ROOT:-$("$BATS_TEST_DIRNAME/../../dev" inside)}
  export SYSTEMD_ROOT
  KATA_WAIT=500 beside_runc workload
}
