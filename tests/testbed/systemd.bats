#!/usr/bin/env bats
# The systemd driver with a real systemd: scopes with their slices and limits, and nothing left.

setup_file() {
  load lib/testbed
  require_testbed
  [ -x /lib/systemd/systemd ] && [ -x /usr/bin/dbus-daemon ] || skip "needs systemd and dbus-daemon"
  load lib/systemd
  start_systemd
}
teardown_file() {
  load lib/systemd
  stop_systemd
}

setup() {
  load ../integration/lib/kata
  load lib/testbed
  load lib/systemd
  testbed_setup
  eventually systemd_answers
}
teardown() {
  [ -n "${BATS_TEST_COMPLETED:-}" ] || { echo "--- systemd"; tail -n 30 /run/systemd.log; } >&2
  common_teardown
}

one() { in_scope "$BATS_TEST_DIRNAME/systemd/inside.sh" "$1" "$ID"; }

@test "sandbox_cgroup_only = true: a scope in its slice, delegated, with the limits, also after a reload" { one only; }

@test "sandbox_cgroup_only = false: two scopes, the processors' threads apart" { one apart; }

@test "--systemd-cgroup without a path: a scope in system.slice" { one no_path; }

@test "the shim is killed, QEMU is killed: no unit is left" { one killed; }
