#!/usr/bin/env bats
# ./dev testbed from the outside: what it prints, its status, and what it leaves. What runs on it is in tests/testbed.
# Only one testbed runs at a time on a machine, so these may wait for another.

: "${KATA_BUILD_DIR:=$(dirname "$(readlink -f "$BATS_TEST_FILENAME")")/../../build}"
dev=$(dirname "$(readlink -f "$BATS_TEST_FILENAME")")/../../dev

setup() {
  load lib/kata
  bats_require_minimum_version 1.5.0
  export KATA_WAIT=900 # seconds
}

teardown() {
  [ -z "${DEV:-}" ] || kill -9 "$DEV" 2>/dev/null || true
}

# processes: of this build's testbed.
processes() { pgrep -f -- "--pid=.*$KATA_BUILD_DIR/testbed/|kata-testbed.*testbed.run=$KATA_BUILD_DIR/testbed " || true; }

is_up() { grep -q 'the testbed is up' "$BATS_TEST_TMPDIR/err"; }
nothing_runs() { [ -z "$(processes)" ]; }

# in_background CMD...: ./dev testbed, as a terminal would start it (a shell without job control ignores Ctrl-C).
in_background() {
  env --default-signal=INT,QUIT "$dev" testbed -- "$@" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
  DEV=$!
  eventually is_up
}

@test "testbed: the command's output, apart, its status, its settings; the host's files stay as they are" {
  local file=/var/tmp/kata-testbed-was-here-$$ # not below /tmp, which is empty and of its own there
  KATA_GREETING="a b'c" run -42 --separate-stderr "$dev" testbed -- bash -c \
    'echo "$KATA_GREETING"; cat /sys/fs/cgroup/cgroup.controllers; echo problem >&2; touch "$1" && ls /dev/kvm /dev/vhost-vsock /dev/vhost-net /dev/net/tun; exit 42' - "$file"
  expect "${lines[0]}" "a b'c"
  holds "${lines[1]}" '\bcpuset cpu io memory\b.*\bpids\b'
  expect "${lines[2]}" /dev/kvm
  expect "${lines[5]}" /dev/vhost-vsock
  holds "$stderr" '^problem$'
  [ ! -e "$file" ]
  nothing_runs
}

@test "testbed: kill -9 of it ends the machine too; so does Ctrl-C, with status 130" {
  in_background sleep 1000
  [ -n "$(processes)" ]
  kill -9 "$DEV"
  KATA_WAIT=20 eventually nothing_runs
  in_background sleep 1000
  kill -INT "$DEV"
  local got=0
  wait "$DEV" || got=$?
  expect "$got" 130 status
  nothing_runs
  [ ! -e "$KATA_BUILD_DIR/testbed/command" ]
}

@test "testbed: what it cannot do is said, with what to try, and is no success" {
  run -2 "$dev" testbed
  holds "$output" 'usage: ./dev testbed'
  KATA_TESTBED_MEMORY=100T run -125 "$dev" testbed -- true
  holds "$output" '100T of memory are needed, .*KATA_TESTBED_MEMORY=2G'
  KATA_TESTBED_MEMORY=much run -125 "$dev" testbed -- true
  holds "$output" 'KATA_TESTBED_MEMORY must be a size'
  run -125 "$dev" testbed --shell </dev/null
  holds "$output" 'needs a terminal'
}

@test "testbed: one that gives no sign of life is ended, with a status of its own" {
  KATA_TESTBED_SILENCE=45 run -123 --separate-stderr "$dev" testbed -- bash -c 'pkill -STOP -f testbed/machine.sh; sleep 1000'
  holds "$stderr" 'the testbed ended, or hung for 45 s, before the command did'
  nothing_runs
  # With them it goes on for longer than that.
  KATA_TESTBED_SILENCE=45 run -0 "$dev" testbed -- sleep 90
}
