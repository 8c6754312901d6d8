#!/usr/bin/env bats
# overhead: what a pod takes of the host beside what its containers use.

setup() {
  load lib/kata
  load lib/bundle
  common_setup
}
teardown() {
  [ -z "${CONTAINERD_SOCKET:-}" ] || stop_containerd
  common_teardown
}

# figure FILTER: a number of what was printed last.
figure() { jq -e ".[0] | $1" <<<"$output"; }

@test "overhead: the pod's processes less what its containers use" {
  busybox_bundle "$BUNDLE" sleep 1000
  kata run --detach --bundle "$BUNDLE" "$ID"
  run -0 --separate-stderr kata overhead --json "$ID"
  expect "$(figure '(.memory.host - .memory.guest) == .memory.overhead')" true
  expect "$(figure '([.processes[].memory] | add) == .memory.host')" true
  expect "$(figure '[.processes[].program] | contains(["containerd-shim-kata-v2", "sleep"]) and any(startswith("qemu"))')" true
  expect "$(figure '.podFixed.memory == "\(.memory.overhead / 1048576 | ceil)Mi"')" true
  local before
  before=$(figure .memory.guest)
  [ "$before" -gt 0 ]
  kata exec "$ID" dd if=/dev/zero of=/dev/shm/fill bs=1M count=40
  run -0 --separate-stderr kata overhead --json "$ID"
  [ "$(figure .memory.guest)" -gt $((before + 40 * 1024 * 1024 - 1)) ]
  kata delete --force "$ID"
}

@test "overhead: a container that works is counted as its own, not as overhead" {
  busybox_bundle "$BUNDLE" sh -c 'while :; do :; done'
  kata run --detach --bundle "$BUNDLE" "$ID"
  run -0 --separate-stderr kata overhead --json --seconds 4 "$ID"
  expect "$(figure '.seconds >= 4')" true
  expect "$(figure '.cpu.guest > 0 and .cpu.host > 0')" true
  expect "$(figure '.cpu.overhead < .cpu.host')" true
  kata delete --force "$ID"
}

@test "kata-overhead: the text has the field's names; what does not run is an error" {
  run ! kata kata-overhead
  busybox_bundle "$BUNDLE" sleep 1000
  kata run --detach --bundle "$BUNDLE" "$ID"
  run -0 --separate-stderr kata kata-overhead "$ID" "$ID"
  expect "$(grep -cx "Sandbox overhead for container: $ID" <<<"$output")" 2
  expect "$(grep -cE '^(cpu_overhead|cpu_host|cpu_guest)=[0-9]+\.[0-9]$' <<<"$output")" 6
  expect "$(grep -cE '^memory_(overhead|host|guest)_bytes=[1-9][0-9]*$' <<<"$output")" 6
  expect "$(grep -cE '^podFixed: \{memory: [1-9][0-9]*Mi, cpu: [0-9]+m\}$' <<<"$output")" 2
  kata delete --force "$ID"
  run -1 kata kata-overhead "$ID"
  holds "$output" "there is no pod or container \"$ID\" that runs"
}

# bats test_tags=daily
@test "overhead: of a container of containerd's" {
  load lib/containerd
  start_containerd
  import_images default
  ctr_ run --detach --runtime io.containerd.kata.v2 localhost/busybox:test "$ID" sleep 1000
  run -0 --separate-stderr kata overhead --json "$ID"
  expect "$(figure '.memory.guest > 0 and .memory.overhead > .memory.guest')" true
  ctr_ tasks delete -f "$ID"
  ctr_ containers delete "$ID"
}
