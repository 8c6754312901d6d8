#!/usr/bin/env bats
# Terminals: size, resize, Ctrl-C, Ctrl-Z, Ctrl-\, detaching through a console socket.

setup() {
  load lib/kata
  load lib/bundle
  common_setup
}
teardown() { common_teardown; }

# on_terminal ROWS COLUMNS CMD... <STEPS
on_terminal() { python3 "$BATS_TEST_DIRNAME/lib/drive_terminal.py" "$@"; }

@test "do -t: size, resize, Ctrl-C, Ctrl-Z, Ctrl-backslash reach the workload, and its status comes back" {
  run -9 on_terminal 40 120 "$KATA_RUNTIME" --root "$KATA_ROOT" "do" -i -t -- sh <<'END'
expect [#$] 
send stty size; tty; echo 1st-$((1+1))\r
expect 40 120
expect /dev/
expect 1st-2
resize 25 90
send sleep 1; stty size; echo 2nd-$((1+1))\r
expect 25 90
expect 2nd-2
send sh -c 'echo up-$((1+2)); exec sleep 1000'; echo not-reached\r
expect up-3
wait 3
send \x03
send echo after-$((40+2)) $?\r
expect after-42 130
send sh -c 'echo up-$((2+2)); exec sleep 1001'\r
expect up-4
wait 3
send \x1a
expect Stopped
send jobs; echo 3rd-$((1+1))\r
expect 3rd-2
send kill -9 %1; sh -c 'echo up-$((2+3)); exec sleep 1002'\r
expect up-5
wait 3
send \x1c
send echo 4th-$((2+2)) $?\r
expect 4th-4 131
send exit 9\r
END
}

@test "exec -t: a terminal in a running container; without -t there is none" {
  busybox_bundle "$BUNDLE"
  kata run --detach --bundle "$BUNDLE" "$ID"
  run -4 on_terminal 33 77 "$KATA_RUNTIME" --root "$KATA_ROOT" exec --tty "$ID" sh <<'END'
expect [#$] 
send stty size\r
expect 33 77
send exit 4\r
END
  run kata exec "$ID" tty
  [ "$status" -ne 0 ]
  kata delete --force "$ID"
}

@test "the terminal is as before when the command has ended" {
  run -0 on_terminal 24 80 sh -c "stty -a >'$BATS_TEST_TMPDIR/before'; '$KATA_RUNTIME' --root '$KATA_ROOT' do -i -t -- true; stty -a >'$BATS_TEST_TMPDIR/after'" </dev/null
  cmp "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
}

@test "create --console-socket hands the terminal over" {
  busybox_bundle "$BUNDLE" sh -c 'stty size; read line; echo "got $line"'
  edit_config "$BUNDLE" '.process.terminal = true | .process.consoleSize = {"height": 21, "width": 61}'
  python3 "$BATS_TEST_DIRNAME/lib/console.py" "$BATS_TEST_TMPDIR/console" hello >"$BATS_TEST_TMPDIR/out" &
  local console=$!
  eventually test -S "$BATS_TEST_TMPDIR/console"
  kata create --bundle "$BUNDLE" --console-socket "$BATS_TEST_TMPDIR/console" "$ID"
  kata start "$ID"
  wait "$console"
  holds "$(cat "$BATS_TEST_TMPDIR/out")" '21 61'
  holds "$(cat "$BATS_TEST_TMPDIR/out")" 'got hello'
  eventually status_is "$ID" stopped
  kata delete "$ID"
}

@test "a terminal without a console socket is refused when detached" {
  busybox_bundle "$BUNDLE"
  edit_config "$BUNDLE" '.process.terminal = true'
  run ! kata create --bundle "$BUNDLE" "$ID"
  holds "$output" 'console-socket'
}
