#!/usr/bin/env bats
# Debian's containerd starts containers and a pod through the shim, with KVM and vsock under them. What is the same
# without KVM is in tests/integration.

setup() {
  load ../integration/lib/kata
  load ../integration/lib/containerd
  load ../integration/lib/pod
  load lib/testbed
  testbed_setup
  start_containerd
}
teardown() {
  stop_containerd
  common_teardown
}

clock=/sys/devices/system/clocksource/clocksource0/current_clocksource

# over_kvm_and_vsock NAME: QEMU of that container or pod.
over_kvm_and_vsock() {
  local arguments
  arguments=$(tr '\0' '\n' <"/proc/$(process_of qemu-system "$1")/cmdline")
  holds "$arguments" '^kvm$'
  holds "$arguments" '^vhost-vsock-pci,'
}

@test "ctr run: a task over KVM and vsock, exec in it, its output and its end" {
  import_images
  ctr_ run --runtime io.containerd.kata.v2 --detach localhost/busybox:test "$ID" sleep 1000
  over_kvm_and_vsock "$ID"
  run -0 --separate-stderr ctr_ tasks exec --exec-id e1 "$ID" cat "$clock"
  expect "$output" kvm-clock
  run -7 ctr_ tasks exec --exec-id e2 "$ID" sh -c 'exit 7'
  ctr_ tasks kill --signal SIGKILL "$ID"
  eventually task_is "$ID" STOPPED
  run -0 ctr_ tasks delete "$ID"
  holds "$output" 'exit code 137'
  ctr_ containers delete "$ID"
}

@test "a pod over CRI: two containers in one machine with KVM and vsock" {
  import_images k8s.io
  local pod one
  pod=$(run_pod web)
  over_kvm_and_vsock "$pod"
  one=$(run_in "$pod" web one -- sleep 1000)
  run_in "$pod" web two -- sh -c "cat $clock; sleep 1000"
  expect "$(pgrep -fc -- "qemu-system.*$pod")" 1 machines
  run -0 --separate-stderr cri exec "$one" cat "$clock"
  expect "$output" kvm-clock
  eventually logged web two
  holds "$(logged web two)" 'stdout F kvm-clock'
  remove_pod "$pod"
}
