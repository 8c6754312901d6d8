#!/usr/bin/env bats
# kill -9 of any part at any moment: the cause is reported, nothing is left.

setup() {
  load lib/kata
  load lib/bundle
  common_setup
}
teardown() { common_teardown; }

# runs_inside COMMAND: the container of this test has such a process.
runs_inside() { kata exec "$ID" ps | grep -q "$1"; }

# ends_badly PID: the foreground command ends with an error; its stderr is in $BATS_TEST_TMPDIR/err.
ends_badly() {
  local got=0
  wait "$1" || got=$?
  [ "$got" -ne 0 ] || { echo "the waiting command returned 0" >&2; return 1; }
  [ "$got" -ne 124 ] || { echo "the waiting command hung" >&2; return 1; }
}

start_in_foreground() {
  busybox_bundle "$BUNDLE"
  kata run --bundle "$BUNDLE" "$ID" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" &
  RUNTIME=$!
  eventually status_is "$ID" running
}

@test "QEMU killed under run: non-zero, the cause, nothing left" {
  start_in_foreground
  kill -9 "$(qemu_pid "$ID")"
  ends_badly "$RUNTIME"
  holds "$(cat "$BATS_TEST_TMPDIR/err")" 'QEMU.*(KILL|9)'
}

@test "the shim killed under run: non-zero, a reason, nothing left" {
  start_in_foreground
  kill -9 "$(shim_pid "$ID")"
  ends_badly "$RUNTIME"
  holds "$(cat "$BATS_TEST_TMPDIR/err")" 'shim'
}

@test "a shim that hangs: nobody takes its container for stopped; delete --force removes it" {
  busybox_bundle "$BUNDLE"
  kata run --detach --bundle "$BUNDLE" "$ID" >/dev/null 2>&1
  kill -STOP "$(shim_pid "$ID")"
  run ! kata state "$ID"
  holds "$output" 'shim, process [0-9]+, does not answer'
  run ! kata delete "$ID"
  holds "$output" 'does not answer'
  kata delete --force "$ID"
}

# soon COMMAND [ARG]...: of kata-runtime. Before, these took 120 s, which is what the guest gets otherwise.
soon() { timeout 60 "$KATA_RUNTIME" --root "$KATA_ROOT" "$@"; }

@test "QEMU frozen: kill and delete --force do not wait for it, and name it" {
  start_in_foreground
  kill -STOP "$(qemu_pid "$ID")"
  soon kill "$ID" KILL
  ends_badly "$RUNTIME"
  holds "$(cat "$BATS_TEST_TMPDIR/err")" 'process [0-9]+ does nothing'
  kata run --detach --bundle "$BUNDLE" "$ID" >/dev/null 2>&1
  kill -STOP "$(qemu_pid "$ID")"
  soon delete --force "$ID"
}

@test "QEMU frozen: a signal to the shim ends it" {
  start_in_foreground
  kill -STOP "$(qemu_pid "$ID")"
  kill -TERM "$(shim_pid "$ID")"
  ends_badly "$RUNTIME"
}

@test "virtio-fs' daemon killed: the pod ends, and its name and how it ended are the cause" {
  start_in_foreground
  local daemon
  daemon=$(process_of virtiofsd "$ID") || skip "no virtiofsd here"
  kill -9 "$daemon"
  ends_badly "$RUNTIME"
  holds "$(cat "$BATS_TEST_TMPDIR/err")" "virtio-fs' daemon \\(/.*virtiofsd\\) was killed by SIGKILL"
}

@test "the stand-in killed under run: the container ends, nothing left" {
  start_in_foreground
  kill -9 "$(standin_pid "$ID")"
  ends_badly "$RUNTIME"
}

@test "the agent killed in the guest: a kernel panic, reported with the console's words" {
  start_in_foreground
  # The container shares the guest's kernel: sysrq needs a writable /proc/sys, so it is triggered by an exec as root
  # with its own mount.
  kata exec --cap CAP_SYS_ADMIN "$ID" sh -c 'mkdir -p /tmp/p && mount -t proc proc /tmp/p && echo c >/tmp/p/sysrq-trigger' || true
  ends_badly "$RUNTIME"
  holds "$(cat "$BATS_TEST_TMPDIR/err")" 'panic|sysrq|crash'
}

@test "QEMU killed between create and start: state stopped, start fails with the cause, delete works" {
  busybox_bundle "$BUNDLE"
  kata create --bundle "$BUNDLE" "$ID"
  kill -9 "$(qemu_pid "$ID")"
  eventually status_is "$ID" stopped
  run ! kata start "$ID"
  kata delete "$ID"
}

@test "the shim killed between create and start: QEMU dies with it, delete works" {
  busybox_bundle "$BUNDLE"
  kata create --bundle "$BUNDLE" "$ID"
  local qemu
  qemu=$(qemu_pid "$ID")
  kill -9 "$(shim_pid "$ID")"
  eventually status_is "$ID" stopped
  eventually is_gone "$qemu"
  run ! kata start "$ID"
  kata delete "$ID"
}

@test "the shim killed of a detached container: delete --force cleans up" {
  busybox_bundle "$BUNDLE"
  kata run --detach --bundle "$BUNDLE" "$ID"
  kill -9 "$(shim_pid "$ID")"
  eventually status_is "$ID" stopped
  kata delete --force "$ID"
}

@test "the stand-in killed of a detached container: the container ends" {
  busybox_bundle "$BUNDLE"
  kata run --detach --bundle "$BUNDLE" "$ID"
  kill -9 "$(standin_pid "$ID")"
  eventually status_is "$ID" stopped
  kata delete "$ID"
}

# Docker gives the deletion two seconds, and starts the container again whatever came of it.
@test "the stand-in killed: its end is the container's at once, though the machine is frozen; a deletion cut short is repeated" {
  busybox_bundle "$BUNDLE"
  kata run --detach --bundle "$BUNDLE" "$ID"
  local qemu
  qemu=$(qemu_pid "$ID")
  kill -STOP "$qemu"
  kill -9 "$(standin_pid "$ID")"
  status_is "$ID" stopped
  run ! timeout -s KILL 2 "$KATA_RUNTIME" --root "$KATA_ROOT" delete "$ID"
  kill -CONT "$qemu"
  kata delete "$ID"
}

@test "an exec's command killed with -9: its process in the guest ends, the container lives" {
  busybox_bundle "$BUNDLE"
  kata run --detach --bundle "$BUNDLE" "$ID"
  kata exec --detach --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" sleep 4242
  eventually runs_inside 'sleep 4242'
  kill -9 "$(cat "$BATS_TEST_TMPDIR/pid")"
  ended() { ! runs_inside 'sleep 4242'; }
  eventually ended
  status_is "$ID" running
  kata delete --force "$ID"
}

@test "QEMU and the shim killed while exec runs: exec returns non-zero with a reason" {
  busybox_bundle "$BUNDLE"
  kata run --detach --bundle "$BUNDLE" "$ID"
  kata exec "$ID" sleep 1001 2>"$BATS_TEST_TMPDIR/err" &
  local runtime=$!
  eventually runs_inside 'sleep 1001'
  kill -9 "$(qemu_pid "$ID")"
  ends_badly "$runtime"
  [ -s "$BATS_TEST_TMPDIR/err" ]
  eventually status_is "$ID" stopped
  kata delete --force "$ID"
}

@test "the create command killed while the machine boots leaves nothing after delete --force" {
  busybox_bundle "$BUNDLE"
  "$KATA_RUNTIME" --root "$KATA_ROOT" create --bundle "$BUNDLE" "$ID" &
  local runtime=$!
  eventually qemu_pid "$ID"
  kill -9 "$runtime"
  wait "$runtime" || true
  kata delete --force "$ID"
}

@test "QEMU killed while create waits for the agent: create fails with the cause" {
  busybox_bundle "$BUNDLE"
  kata create --bundle "$BUNDLE" "$ID" 2>"$BATS_TEST_TMPDIR/err" &
  local runtime=$!
  eventually qemu_pid "$ID"
  kill -9 "$(qemu_pid "$ID")"
  ends_badly "$runtime"
  holds "$(cat "$BATS_TEST_TMPDIR/err")" 'QEMU.*(KILL|9)'
}

@test "the shim killed while create waits: create fails and undoes all" {
  busybox_bundle "$BUNDLE"
  kata create --bundle "$BUNDLE" "$ID" 2>"$BATS_TEST_TMPDIR/err" &
  local runtime=$!
  eventually qemu_pid "$ID"
  kill -9 "$(shim_pid "$ID")"
  ends_badly "$runtime"
}

@test "the shim told to end while create waits: create fails, and the shim itself undoes all" {
  busybox_bundle "$BUNDLE"
  kata create --bundle "$BUNDLE" "$ID" 2>"$BATS_TEST_TMPDIR/err" &
  local runtime=$! shim
  eventually qemu_pid "$ID"
  shim=$(shim_pid "$ID")
  kill -TERM "$shim"
  ends_badly "$runtime"
  eventually is_gone "$shim"
  run ! compgen -G "/run/kata/$ID*"
  run ! compgen -G "/run/kata-containers/shared/sandboxes/$ID*"
}

@test "Ctrl-C of a foreground run that boots leaves nothing" {
  busybox_bundle "$BUNDLE"
  setsid "$KATA_RUNTIME" --root "$KATA_ROOT" run --bundle "$BUNDLE" "$ID" &
  local runtime=$!
  eventually qemu_pid "$ID"
  kill -TERM "$runtime"
  ends_badly "$runtime"
  kata delete --force "$ID"
}

@test "a do that is killed: the next one takes away what it has left" {
  kata_do -- sleep 1000 >/dev/null 2>&1 3>&- &
  local pid left
  eventually running_do
  pid=$(pgrep -f "kata-runtime --root $KATA_ROOT do -- sleep 1000" | tail -n 1)
  left=$(kata list --format json | jq -r '.[0].bundle')
  [ -d "$left" ]
  kill -9 "$pid"
  wait || true
  kata_do -- true
  [ ! -e "$left" ]
  expect "$(kata list --quiet)" ""
}
running_do() { kata list | grep -q ' running '; }

@test "a shim that runs and cannot be asked: its container is not called stopped, and only --force removes it" {
  busybox_bundle "$BUNDLE" sleep 1000
  kata run --detach --bundle "$BUNDLE" "$ID" >/dev/null 2>&1
  rm "$KATA_ROOT/$ID/shim.sock"
  run -1 kata state "$ID"
  holds "$output" 'its shim, process [0-9]+, runs and cannot be asked: .*No such file.*\(try: run the command as the user'
  run -1 kata delete "$ID"
  [ -n "$(qemu_pid "$ID")" ]
  kata delete --force "$ID"
}
