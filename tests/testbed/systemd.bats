#!/usr/bin/env bats
# The systemd driver with a real systemd: scopes with their slices and limits, and nothing left.

setup_file() {
  load lib/testbed
  require_testbed
  [ -x /lib/systemd/systemd ] && [ -x /usr/bin/dbus-daemon ] || skip "needs systemd and dbus-daemon"
  "$BATS_TEST_DIRNAME/systemd/start.sh" /run/kata-units >/run/systemd.log 2>&1 3>&- &
  export SYSTEMD_STARTER=$!
}
teardown_file() {
  [ -z "${SYSTEMD_STARTER:-}" ] || kill -9 "$SYSTEMD_STARTER"
}

setup() {
  load ../integration/lib/kata
  load lib/testbed
  testbed_setup
  eventually systemd_pid
  eventually inside busctl --system list
}
teardown() {
  [ -n "${BATS_TEST_COMPLETED:-}" ] || { echo "--- systemd"; tail -n 30 /run/systemd.log; } >&2
  common_teardown
}

systemd_pid() { pgrep -P "$SYSTEMD_STARTER"; }

# inside CMD...: in a scope of its own, as a service of that system would be.
inside() { nsenter --target "$(systemd_pid)" --mount --pid --cgroup -- "$@"; }
in_scope() { inside systemd-run --scope --quiet --collect -- "$BATS_TEST_DIRNAME/systemd/inside.sh" "$1" "$ID"; }

@test "sandbox_cgroup_only = true: a scope in its slice, delegated, with the limits, also after a reload" { in_scope only; }

@test "sandbox_cgroup_only = false: two scopes, the processors' threads apart" { in_scope apart; }

@test "--systemd-cgroup without a path: a scope in system.slice" { in_scope no_path; }

@test "the shim is killed, QEMU is killed: no unit is left" { in_scope killed; }
