#!/usr/bin/env bats
# With KVM and kernel vsock: what is chosen, and that a container's whole life works over them.

setup() {
  load ../integration/lib/kata
  load ../integration/lib/bundle
  load lib/testbed
  testbed_setup
}
teardown() { common_teardown; }

# arguments_of ID: QEMU's, one a line.
arguments_of() { tr '\0' '\n' <"/proc/$(qemu_pid "$1")/cmdline"; }

@test "check and env choose KVM and vsock, and say why" {
  run -0 "$KATA_RUNTIME" check
  holds "$output" '^\[ok\] accelerator: kvm: a test guest ran on /dev/kvm \(nested'
  holds "$output" '^\[ok\] agent channel: vsock: /dev/vhost-vsock accepts a guest'
  holds "$output" '^\[ok\] vhost-net: /dev/vhost-net works'
  holds "$output" '^\[ok\] cgroups: version 2'
  run -0 --separate-stderr "$KATA_RUNTIME" env --json
  expect "$(jq -r .Host.Accelerator.Name <<<"$output")" kvm
  expect "$(jq -r .Host.Accelerator.TimeoutFactor <<<"$output")" 3
  expect "$(jq -r .Host.AgentChannel.Name <<<"$output")" vsock
  expect "$(jq -r .Host.SupportVSocks <<<"$output")" true
}

@test "the unit tests of the probes and of the channel, with KVM and vsock there" {
  modprobe vsock_loopback
  run -0 "$KATA_BUILD_DIR/tests/kata_accelerator_test" --gtest_brief=1
  holds "$output" 'PASSED'
  run -0 "$KATA_BUILD_DIR/tests/kata_qemu_test" --gtest_brief=1 --gtest_filter='Vsock*:Vhost*'
  holds "$output" 'PASSED'
  run -0 "$KATA_BUILD_DIR/tests/kata_host_check_test" --gtest_brief=1 --gtest_filter='*Accelerator*'
  holds "$output" 'PASSED'
  eventually modprobe -r vsock_loopback # a closed socket of it lingers for some seconds
}

@test "do runs uname over KVM and vsock: the guest says so, and so does the log" {
  run -0 --separate-stderr timeout -k 10 "$KATA_LIMIT" "$KATA_RUNTIME" --root "$KATA_ROOT" --log "$BATS_TEST_TMPDIR/log" \
    "do" -- sh -c 'uname -a; cat /sys/devices/system/clocksource/clocksource0/current_clocksource; ls /sys/bus/virtio/drivers/*/ | grep -c ^virtio'
  holds "${lines[0]}" '^Linux '
  expect "${lines[1]}" kvm-clock
  holds "$(chosen "$BATS_TEST_TMPDIR/log")" 'accelerator=kvm why="a test guest ran .*channel=vsock why_channel="/dev/vhost-vsock accepts a guest"'
}

@test "a template over KVM, and clones of it: random numbers and clocks of their own" {
  export KATA_CONF_FILE=$BATS_TEST_TMPDIR/configuration.toml
  printf '[hypervisor.qemu]\n[factory]\nenable_template = true\ntemplate_path = "%s"\n' "$BATS_TEST_TMPDIR/templates" >"$KATA_CONF_FILE"
  run -0 kata factory init
  local clone before random=()
  for clone in one two; do
    sleep 2 # a clock that was not set goes on from the time of the template
    before=$(date +%s)
    run -0 --separate-stderr timeout -k 10 "$KATA_LIMIT" "$KATA_RUNTIME" --root "$KATA_ROOT" --log "$BATS_TEST_TMPDIR/$clone.log" \
      "do" --volume "$BATS_TEST_TMPDIR:/data" -- sh -c 'head -c 16 /dev/urandom | od -An -tx1; date +%s; ls /data'
    random+=("${lines[0]}")
    [ "${lines[1]}" -ge "$before" ] && [ "${lines[1]}" -le "$(date +%s)" ]
    holds "$output" configuration.toml
    holds "$(cat "$BATS_TEST_TMPDIR/$clone.log")" 'goes on from a template'
  done
  [ "${random[0]}" != "${random[1]}" ]
  run -0 kata factory destroy
}

@test "a container over vsock, and a second machine beside it: arguments, exec, streams both ways, signals, the end" {
  busybox_bundle "$BUNDLE" sh -c 'trap "exit 5" TERM; while :; do sleep 0.1; done'
  kata run --detach --bundle "$BUNDLE" "$ID" </dev/null
  local arguments
  arguments=$(arguments_of "$ID")
  expect "$(grep -x -A 1 -e -accel <<<"$arguments" | tail -n 1)" kvm
  expect "$(grep -x -A 1 -e -cpu <<<"$arguments" | tail -n 1 | cut -d , -f 1)" host
  holds "$arguments" '^vhost-vsock-pci,.*guest-cid=[0-9]+'
  run ! grep -e virtio-serial -e virtserialport <<<"$arguments"

  run -0 --separate-stderr kata_do -- echo the second
  expect "$output" "the second"
  run -3 kata exec "$ID" sh -c 'exit 3'
  # More than any buffer on the way holds, in both directions at once.
  head -c 8388608 /dev/urandom >"$BATS_TEST_TMPDIR/in"
  kata exec "$ID" cat <"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/out"
  cmp "$BATS_TEST_TMPDIR/in" "$BATS_TEST_TMPDIR/out"

  kata kill "$ID"
  eventually status_is "$ID" stopped
  kata delete "$ID"
}

@test "QEMU killed: the waiting command ends with that cause, nothing is left" {
  busybox_bundle "$BUNDLE"
  kata run --bundle "$BUNDLE" "$ID" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
  local runtime=$! got=0
  eventually status_is "$ID" running
  kill -9 "$(qemu_pid "$ID")"
  wait "$runtime" || got=$?
  [ "$got" -ne 0 ]
  [ "$got" -ne 124 ]
  holds "$(cat "$BATS_TEST_TMPDIR/err")" 'QEMU.*(KILL|9)'
}

@test "QEMU killed while the guest boots: do ends with that cause, and does not wait for a deadline" {
  kata_do -- true >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
  local runtime=$! got=0
  eventually pgrep -f "qemu-system.*guest-cid"
  kill -9 "$(pgrep -f "qemu-system.*guest-cid")"
  wait "$runtime" || got=$?
  [ "$got" -ne 0 ]
  [ "$got" -ne 124 ]
  holds "$(cat "$BATS_TEST_TMPDIR/err")" 'QEMU.*(KILL|9)'
}
