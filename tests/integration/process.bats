#!/usr/bin/env bats
# Processes, hooks and statuses as they are under runc. What a table can say is in tests/conformance.

setup() {
  load lib/kata
  load lib/bundle
  common_setup
}
teardown() { common_teardown; }

# on_terminal CMD...: what it writes there goes to stderr.
on_terminal() { python3 "$BATS_TEST_DIRNAME/lib/drive_terminal.py" 24 80 "$@" </dev/null; }

@test "exec: before the start, in a paused container, at the limit of processes, with statuses of its own" {
  busybox_bundle "$BUNDLE"
  edit_config "$BUNDLE" '.linux.resources.pids.limit = 1 | .process.user.umask = 63 | del(.process.rlimits)'
  kata create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
  run -0 --separate-stderr kata exec "$ID" echo early
  expect "$output" early
  kata start "$ID"
  run -0 --separate-stderr kata exec "$ID" sh -c umask
  expect "$output" 0022 "the umask of an exec"
  run -0 --separate-stderr kata exec "$ID" sh -c 'ulimit -Sn'
  expect "$output" 1024 "open files"

  run -1 kata exec "$ID" sh -c 'exit 1'
  run -255 kata exec "$ID" no-such-program
  holds "$output" 'no-such-program'
  run -255 kata exec --cwd /not/there "$ID" pwd
  run -255 kata exec --pid-file /no/such/place "$ID" true
  run -1 kata exec --nonsense "$ID" true
  holds "$output" 'no option --nonsense of exec'

  kata pause "$ID"
  run -255 kata exec "$ID" true
  holds "$output" 'paused'
  kata exec --ignore-paused "$ID" echo late >"$BATS_TEST_TMPDIR/late" 3>&- &
  local waiting=$!
  sleep 2
  [ ! -s "$BATS_TEST_TMPDIR/late" ]
  kill -0 "$waiting"
  kata resume "$ID"
  wait "$waiting"
  expect "$(cat "$BATS_TEST_TMPDIR/late")" late
  kata delete --force "$ID"
}

@test "an exec in a paused container that is deleted: an answer for everybody" {
  busybox_bundle "$BUNDLE"
  kata run --detach --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
  kata pause "$ID"
  kata exec --ignore-paused "$ID" echo never >"$BATS_TEST_TMPDIR/never" 2>&1 3>&- &
  local waiting=$! status=0
  sleep 1
  kata delete --force "$ID"
  wait "$waiting" || status=$?
  expect "$status" 255
  run ! grep -q '^never' "$BATS_TEST_TMPDIR/never"
}

@test "an exec that outlives its container: 137, and what it wrote arrives" {
  busybox_bundle "$BUNDLE" sh -c 'while ! test -e /tmp/ready; do sleep 0.1; done; exit 3'
  kata run --detach --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
  run -137 --separate-stderr kata exec "$ID" sh -c 'head -c 300000 /dev/zero | tr "\0" x; touch /tmp/ready; sleep 1000'
  expect "${#output}" 300000 "bytes"
  eventually status_is "$ID" stopped
  kata delete "$ID"
}

@test "keys: a container's processes share them, and --no-new-keyring makes none" {
  busybox_bundle "$BUNDLE"
  edit_config "$BUNDLE" '.linux.maskedPaths -= ["/proc/keys"]'
  kata run --detach --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
  run -0 --separate-stderr kata exec "$ID" cat /proc/keys
  holds "$output" "keyring +_ses.$ID"
  kata delete --force "$ID"
  kata run --detach --no-new-keyring --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
  run -0 --separate-stderr kata exec "$ID" cat /proc/keys
  run ! grep -q "_ses.$ID" <<<"$output"
  kata delete --force "$ID"
}

@test "a foreground terminal: line feeds as they were written, carriage returns on the user's own terminal" {
  busybox_bundle "$BUNDLE" sh -c 'test -t 1 && echo hi'
  edit_config "$BUNDLE" '.process.terminal = true'
  local command="'$KATA_RUNTIME' --root '$KATA_ROOT' run --bundle '$BUNDLE' '$ID'"
  on_terminal sh -c "$command >'$BATS_TEST_TMPDIR/out'"
  expect "$(od -An -c <"$BATS_TEST_TMPDIR/out" | tr -d ' ')" 'hi\n'
  on_terminal sh -c "$command" 2>"$BATS_TEST_TMPDIR/out"
  expect "$(od -An -c <"$BATS_TEST_TMPDIR/out" | tr -d ' ')" 'hi\r\n'
}

@test "hooks: argv, environment, directory and state on both sides" {
  busybox_bundle "$BUNDLE" cat /tmp/inside
  edit_config "$BUNDLE" '.process.env += ["X=y"] | .process.cwd = "/tmp" | .hooks = {
    createRuntime: [{path: "/bin/sh", args: ["outside", "-c", "echo $0 $OF_THE_CALLER >>log; cat >state"]}],
    startContainer: [{path: "/bin/busybox", args: ["sh", "-c", "echo $0 $PWD $X >/tmp/inside; cat >/tmp/state"]}],
    poststop: [{path: "/bin/sh", args: ["last", "-c", "echo $0 >>log; exit 1"]}]}'
  cd /
  OF_THE_CALLER=caller run -0 --separate-stderr kata run --bundle "$BUNDLE" "$ID"
  expect "$output" "sh /tmp y"
  expect "$(cat "$BUNDLE/log")" $'outside caller\nlast'
  expect "$(jq -r '.status + .bundle' "$BUNDLE/state")" "creating$BUNDLE"
  expect "$(jq -r '.status + .bundle' "$BUNDLE/rootfs/tmp/state")" "created$BUNDLE"
}

@test "a poststart hook that fails: an error, and the container is gone" {
  busybox_bundle "$BUNDLE"
  edit_config "$BUNDLE" '.hooks = {poststart: [{path: "/bin/sh", args: ["sh", "-c", "exit 3"]}]}'
  run -1 kata run --bundle "$BUNDLE" "$ID"
  holds "$output" 'poststart hook'
  run ! kata state "$ID"
}

@test "--debug writes to stderr, or to --log; --pidfd-socket gets a descriptor" {
  busybox_bundle "$BUNDLE" sleep 1000
  cat >"$BATS_TEST_TMPDIR/receive.py" <<'END'
import array, os, socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
connection, _ = listener.accept()
_, parts, _, _ = connection.recvmsg(100, socket.CMSG_LEN(4))
fd = array.array("i", parts[0][2])[0]
print(dict(line.split(":\t") for line in open(f"/proc/self/fdinfo/{fd}").read().splitlines())["Pid"])
END
  python3 "$BATS_TEST_TMPDIR/receive.py" "$BATS_TEST_TMPDIR/pidfd" >"$BATS_TEST_TMPDIR/pid" 3>&- &
  local receiver=$!
  eventually test -S "$BATS_TEST_TMPDIR/pidfd"
  kata --debug run --detach --pidfd-socket "$BATS_TEST_TMPDIR/pidfd" --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>"$BATS_TEST_TMPDIR/err"
  holds "$(cat "$BATS_TEST_TMPDIR/err")" 'level=debug'
  wait "$receiver"
  expect "$(cat "$BATS_TEST_TMPDIR/pid")" "$(standin_pid "$ID")"
  run -0 --separate-stderr kata --debug --log "$BATS_TEST_TMPDIR/log" exec "$ID" true
  holds "$(cat "$BATS_TEST_TMPDIR/log")" 'level=debug'
  expect "$stderr" ""
  kata delete --force "$ID"
}

@test "--config with a relative path, for the shim as for the command" {
  mkdir -p "$BATS_TEST_TMPDIR/here"
  printf '[hypervisor.qemu]\ndefault_memory = 300\n' >"$BATS_TEST_TMPDIR/here/own.toml"
  cd "$BATS_TEST_TMPDIR/here"
  run -0 --separate-stderr timeout "$KATA_LIMIT" "$KATA_RUNTIME" --root "$KATA_ROOT" --config own.toml "do" -- echo config
  expect "$output" config
  KATA_CONF_FILE=own.toml run -0 --separate-stderr kata_do -- echo variable
  expect "$output" variable
}
