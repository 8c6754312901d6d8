#!/usr/bin/env bats
# The life of a container: create, start, state, list, ps, exec, pause, update, events, kill, delete.

setup() {
  load lib/kata
  load lib/bundle
  common_setup
}
teardown() { common_teardown; }

@test "create, start, state, kill, delete" {
  busybox_bundle "$BUNDLE" sh -c 'trap "exit 5" TERM; while :; do sleep 0.1; done'
  edit_config "$BUNDLE" '.annotations = {"org.example.key": "value"}'
  kata create --bundle "$BUNDLE" --pid-file "$BATS_TEST_TMPDIR/pid" "$ID"
  local state pid
  state=$(kata state "$ID")
  pid=$(jq -r .pid <<<"$state")
  expect "$(jq -r .status <<<"$state")" created
  expect "$(jq -r .id <<<"$state")" "$ID"
  expect "$(jq -r .bundle <<<"$state")" "$(readlink -f "$BUNDLE")"
  expect "$(jq -r '.annotations["org.example.key"]' <<<"$state")" value
  holds "$(jq -r .ociVersion <<<"$state")" '^1\.'
  expect "$(cat "$BATS_TEST_TMPDIR/pid")" "$pid"
  [ -d "/proc/$pid" ]
  # The stand-in is small: at most 1 MiB resident.
  [ "$(resident "$pid")" -le 1024 ] || { echo "stand-in: $(resident "$pid") KiB" >&2; return 1; }

  run ! kata create --bundle "$BUNDLE" "$ID"
  holds "$output" "exist|in use"
  kata start "$ID"
  status_is "$ID" running
  run ! kata delete "$ID"
  holds "$output" running
  run ! kata start "$ID"
  holds "$output" 'running|created'

  run -0 --separate-stderr kata list --format json
  expect "$(jq -r ".[] | select(.id == \"$ID\") | .status" <<<"$output")" running
  run -0 --separate-stderr kata list
  holds "$output" "^ID +PID +STATUS +BUNDLE +CREATED +OWNER"
  holds "$output" "^$ID +$pid +running"
  run -0 --separate-stderr kata list -q
  expect "$output" "$ID"

  kata kill "$ID"
  eventually status_is "$ID" stopped
  run ! kata kill "$ID" TERM
  run ! kata exec "$ID" true
  kata delete "$ID"
  run ! kata state "$ID"
  holds "$output" 'does not exist'
}

@test "exec: status, streams, user, cwd, environment, process file, detach, capabilities" {
  busybox_bundle "$BUNDLE"
  kata run --detach --bundle "$BUNDLE" "$ID"
  run -3 kata exec "$ID" sh -c 'exit 3'
  run -0 --separate-stderr kata exec --user 12:34 --cwd /var --env A=b "$ID" sh -c 'echo $(id -u) $(id -g) $(pwd) $A; echo problem >&2'
  expect "$output" "12 34 /var b"
  expect "$stderr" problem
  run -0 --separate-stderr kata exec --cap CAP_SYS_TIME "$ID" sh -c 'grep CapBnd /proc/self/status'
  [ $((0x${output##*[[:space:]]} & (1 << 25))) -ne 0 ]
  jq '.process | .args = ["sh", "-c", "echo from-file; exit 9"]' "$BUNDLE/config.json" >"$BATS_TEST_TMPDIR/process.json"
  run -9 --separate-stderr kata exec --process "$BATS_TEST_TMPDIR/process.json" "$ID"
  expect "$output" from-file
  run -0 bash -c "echo to-stdin | '$KATA_RUNTIME' --root '$KATA_ROOT' exec '$ID' cat"
  expect "$output" to-stdin
  kata exec --detach --pid-file "$BATS_TEST_TMPDIR/exec.pid" "$ID" sh -c 'echo here >/tmp/detached; sleep 100'
  [ -d "/proc/$(cat "$BATS_TEST_TMPDIR/exec.pid")" ]
  eventually kata exec "$ID" grep -q here /tmp/detached
  run kata exec "$ID" /no/such/program
  [ "$status" -ne 0 ]
  holds "$output" 'no/such/program'
  run -0 --separate-stderr kata ps "$ID"
  holds "$output" sleep
  run -0 --separate-stderr kata ps --format json "$ID"
  jq -e 'length >= 2' <<<"$output" >/dev/null
  kata delete --force "$ID"
}

@test "pause stops it, resume lets it go on" {
  busybox_bundle "$BUNDLE" sh -c 'while :; do date +%s%N >/tmp/tick; sleep 0.1; done'
  kata run --detach --bundle "$BUNDLE" "$ID"
  run ! kata resume "$ID"
  kata pause "$ID"
  status_is "$ID" paused
  run ! kata exec "$ID" true
  run ! kata pause "$ID"
  kata resume "$ID"
  status_is "$ID" running
  local tick
  tick=$(kata exec "$ID" cat /tmp/tick)
  ticked() { [ "$(kata exec "$ID" cat /tmp/tick)" != "$tick" ]; }
  eventually ticked
  # delete --force of a paused container does not wait for it.
  kata pause "$ID"
  kata delete --force "$ID"
}

@test "update changes the guest's cgroup, events shows it" {
  busybox_bundle "$BUNDLE"
  edit_config "$BUNDLE" '.linux.resources.memory.limit = 67108864 | .linux.resources.pids.limit = 50'
  kata run --detach --bundle "$BUNDLE" "$ID"
  expect "$(kata exec "$ID" cat /sys/fs/cgroup/memory.max)" 67108864
  expect "$(kata exec "$ID" cat /sys/fs/cgroup/pids.max)" 50
  kata update --memory 83886080 --pids-limit 60 --cpu-quota 50000 --cpu-period 100000 "$ID"
  expect "$(kata exec "$ID" cat /sys/fs/cgroup/memory.max)" 83886080
  expect "$(kata exec "$ID" cat /sys/fs/cgroup/pids.max)" 60
  expect "$(kata exec "$ID" cat /sys/fs/cgroup/cpu.max)" "50000 100000"
  echo '{"pids": {"limit": 70}}' >"$BATS_TEST_TMPDIR/resources.json"
  kata update --resources "$BATS_TEST_TMPDIR/resources.json" "$ID"
  expect "$(kata exec "$ID" cat /sys/fs/cgroup/pids.max)" 70
  run -0 --separate-stderr kata events --stats "$ID"
  expect "$(jq -r .type <<<"$output")" stats
  expect "$(jq -r .id <<<"$output")" "$ID"
  expect "$(jq -r .data.pids.limit <<<"$output")" 70
  [ "$(jq -r .data.memory.usage.usage <<<"$output")" -gt 0 ]
  [ "$(jq -r .data.cpu.usage.total <<<"$output")" -gt 0 ]
  kata delete --force "$ID"
}

@test "events tells of an OOM kill in a container that lives on, and of the one that ends it" {
  local events=$BATS_TEST_TMPDIR/events listener
  busybox_bundle "$BUNDLE" sh -c 'while [ ! -e /tmp/end ]; do sleep 0.1; done; a=x; while :; do a=$a$a; done'
  edit_config "$BUNDLE" '.linux.resources.memory.limit = 33554432'
  kata run --detach --bundle "$BUNDLE" "$ID"
  # Not by kata(), whose time limit's process would be the one to kill.
  "$KATA_RUNTIME" --root "$KATA_ROOT" events --interval 100ms "$ID" >"$events" 3>&- &
  listener=$!
  eventually grep -q '"stats"' "$events"
  run ! grep '"oom"' "$events"
  run -137 kata exec "$ID" sh -c 'a=x; while :; do a=$a$a; done'
  eventually grep -q '"oom"' "$events"
  expect "$(grep -m1 '"oom"' "$events" | jq -r .id)" "$ID"
  kill "$listener"
  wait "$listener" || true
  # The end is noticed at once, however long the interval is.
  kata events --interval 1h "$ID" >"$events" 3>&- &
  listener=$!
  eventually grep -q '"stats"' "$events"
  kata exec "$ID" touch /tmp/end
  wait "$listener"
  expect "$(jq -r .type "$events" | tail -n 1)" oom
  kata delete --force "$ID"
}

@test "a memory limit holds: the container is killed, not the machine" {
  busybox_bundle "$BUNDLE"
  edit_config "$BUNDLE" '.linux.resources.memory.limit = 33554432'
  kata run --detach --bundle "$BUNDLE" "$ID"
  run kata exec "$ID" sh -c 'a=x; while :; do a=$a$a; done'
  expect "$status" 137 "exit status"
  expect "$(kata exec "$ID" echo alive)" alive
  kata delete --force "$ID"
}

@test "the container's end ends its execs, and detached run needs no reader" {
  busybox_bundle "$BUNDLE" sleep 8
  kata run --detach --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
  run -137 kata exec "$ID" sleep 1000
  eventually status_is "$ID" stopped
  kata delete "$ID"
}

@test "kill --all and signals by name and number" {
  busybox_bundle "$BUNDLE" sh -c 'trap "echo usr1 >>/tmp/got" USR1; trap "echo hup >>/tmp/got" HUP; touch /tmp/ready; while :; do sleep 0.1; done'
  kata run --detach --bundle "$BUNDLE" "$ID"
  eventually kata exec "$ID" test -e /tmp/ready
  kata kill "$ID" USR1
  eventually kata exec "$ID" grep -q usr1 /tmp/got
  kata kill "$ID" 1
  eventually kata exec "$ID" grep -q hup /tmp/got
  run ! kata kill "$ID" NOSUCHSIGNAL
  kata kill --all "$ID" KILL
  eventually status_is "$ID" stopped
  kata delete "$ID"
}

@test "delete --force of what does not exist succeeds, delete fails" {
  kata delete --force "$ID"
  run ! kata delete "$ID"
  holds "$output" 'does not exist'
}

@test "the log file, text and JSON" {
  busybox_bundle "$BUNDLE" true
  kata --log "$BATS_TEST_TMPDIR/log.json" --log-format json --debug run --bundle "$BUNDLE" "$ID"
  [ -s "$BATS_TEST_TMPDIR/log.json" ]
  jq -es 'all(has("level") and has("msg") and has("time"))' "$BATS_TEST_TMPDIR/log.json" >/dev/null
  run ! kata --log "$BATS_TEST_TMPDIR/log.txt" state no-such-container
  holds "$(cat "$BATS_TEST_TMPDIR/log.txt")" 'level=error.*no-such-container'
}
