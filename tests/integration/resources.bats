#!/usr/bin/env bats
# How big the machine is, and that it follows what its containers ask for.

setup() {
  load lib/kata
  load lib/bundle
  common_setup
}
teardown() { common_teardown; }

# shellcheck disable=SC2016 # the dollars in single quotes are jq's

readonly MIB=1048576

# limit CPUS MIB: the bundle's limits; a dash is none.
limit() {
  [ "$1" = - ] || edit_config "$BUNDLE" '.linux.resources.cpu = {quota: ($cpus * 100000 | floor), period: 100000}' --argjson cpus "$1"
  [ "$2" = - ] || edit_config "$BUNDLE" '.linux.resources.memory.limit = $bytes' --argjson bytes $(($2 * MIB))
}

# configure KEY=VALUE...: a configuration of the test's own; "runtime.KEY" is of that table.
configure() {
  local each
  export KATA_CONF_FILE=$BATS_TEST_TMPDIR/configuration.toml
  {
    echo '[hypervisor.qemu]'
    for each in "$@"; do [[ $each == runtime.* ]] || echo "$each"; done
    echo '[runtime]'
    for each in "$@"; do [[ $each != runtime.* ]] || echo "${each#runtime.}"; done
  } >"$KATA_CONF_FILE"
}

cpus() { kata exec "$ID" nproc; }
# memory: MemTotal of the guest in MiB.
memory() { echo $(($(kata exec "$ID" awk '/^MemTotal:/ { print $2 }' /proc/meminfo) / 1024)); }
available() { echo $(($(kata exec "$ID" awk '/^MemAvailable:/ { print $2 }' /proc/meminfo) / 1024)); }
# between VALUE LOW HIGH WHAT
between() { [ "$1" -ge "$2" ] && [ "$1" -le "$3" ] || { echo "$4: $1 is not from $2 to $3" >&2; return 1; }; }

run_limited() {
  busybox_bundle "$BUNDLE"
  limit "$1" "$2"
  kata run --detach --bundle "$BUNDLE" "$ID"
}

@test "limits decide the size at boot: nproc shows the CPUs, and the whole memory limit can be used" {
  configure 'default_memory = 300'
  run_limited 1.5 400
  expect "$(cpus)" 2 "CPUs"
  between "$(memory)" 400 510 "memory"
  between "$(available)" 400 510 "available memory"
  # 1.5 CPUs are the guest's cgroup's to hold.
  expect "$(kata exec "$ID" cat /sys/fs/cgroup/cpu.max)" "150000 100000" cpu.max
  # The workload gets the memory that it may have: all of it, less its page tables.
  kata exec "$ID" sh -c 'dd if=/dev/zero of=/dev/shm/x bs=1M count=40 2>/dev/null && rm /dev/shm/x'
  kata delete --force "$ID"
}

@test "without limits the defaults" {
  configure 'default_memory = 300' 'default_vcpus = 2'
  run_limited - -
  expect "$(cpus)" 2 "CPUs"
  between "$(memory)" 200 300 "memory"
  kata delete --force "$ID"
}

@test "update makes the machine larger and smaller while it runs" {
  configure 'default_memory = 256'
  run_limited 1 128
  expect "$(cpus)" 1 "CPUs at boot"
  local booted
  booted=$(memory)
  kata update --cpu-quota 200000 --cpu-period 100000 --memory $((640 * MIB)) "$ID"
  expect "$(cpus)" 2 "CPUs after the update"
  between "$(memory)" $((booted + 480)) $((booted + 540)) "memory after the update"
  between "$(available)" 560 800 "available memory after the update"
  kata update --cpu-quota 50000 --memory $((200 * MIB)) "$ID"
  expect "$(cpus)" 1 "CPUs after the second update"
  between "$(memory)" "$booted" $((booted + 300)) "memory after the second update"
  kata update --cpu-quota 150000 "$ID"
  expect "$(cpus)" 2 "CPUs after the third update"
  status_is "$ID" running
  kata delete --force "$ID"
}

# QEMU 7.2 aborts when it gets another processor once the last part of its memory for translated code is in use. A young
# container that works a little is there, and stays there for minutes.
@test "more processors do not end a machine that has worked for a while" {
  configure 'default_memory = 256'
  busybox_bundle "$BUNDLE" sh -c 'while :; do date +%s.%N; sleep 0.2; done'
  limit 1 128
  kata run --detach --bundle "$BUNDLE" "$ID"
  local each
  for each in 1 2 3 4 5 6; do kata exec "$ID" true; done
  kata update --cpu-quota 200000 --cpu-period 100000 "$ID"
  expect "$(cpus)" 2 "CPUs after the update"
  kata update --cpu-quota 100000 "$ID"
  expect "$(cpus)" 1 "CPUs after the second update"
  status_is "$ID" running
  kata delete --force "$ID"
}

@test "without a quota, a set of the host's processors says how many the machine has" {
  [ "$(nproc)" -ge 2 ] || skip "one processor"
  configure 'default_memory = 256'
  busybox_bundle "$BUNDLE"
  edit_config "$BUNDLE" '.linux.resources.cpu = {cpus: "0-1"}'
  kata run --detach --bundle "$BUNDLE" "$ID"
  expect "$(cpus)" 2 "CPUs"
  kata delete --force "$ID"
}

@test "memory in modules: update makes the machine larger" {
  configure 'default_memory = 256' 'enable_virtio_mem = false' 'memory_slots = 2'
  run_limited 1 128
  local booted
  booted=$(memory)
  kata update --memory $((400 * MIB)) "$ID"
  grown() { between "$(memory)" $((booted + 240)) $((booted + 390)) "memory"; }
  eventually grown
  kata delete --force "$ID"
}

@test "static management: the size is decided at the start, and update only changes the guest's cgroup" {
  configure 'default_memory = 256' 'runtime.static_sandbox_resource_mgmt = true'
  run_limited 1 200
  local booted
  booted=$(memory)
  kata update --cpu-quota 200000 --memory $((400 * MIB)) "$ID"
  expect "$(cpus)" 1 "CPUs"
  expect "$(memory)" "$booted" "memory"
  expect "$(kata exec "$ID" cat /sys/fs/cgroup/memory.max)" $((400 * MIB)) "memory.max"
  kata delete --force "$ID"
}

@test "an update that cannot be had is an error, and the container lives on" {
  configure 'default_memory = 256' 'enable_virtio_mem = false' 'memory_slots = 1'
  run_limited 1 128
  kata update --memory $((300 * MIB)) "$ID"
  run ! kata update --memory $((900 * MIB)) "$ID"
  holds "$output" 'memory_slots'
  status_is "$ID" running
  expect "$(kata exec "$ID" cat /sys/fs/cgroup/memory.max)" $((300 * MIB)) "memory.max"
  kata delete --force "$ID"
}

@test "overheads and maxima of the configuration" {
  configure 'default_memory = 256' 'overhead_memory = 160' 'overhead_vcpus = 0.5' 'default_maxvcpus = 1' 'default_maxmemory = 640'
  run_limited 1 128
  expect "$(cpus)" 1 "CPUs"
  between "$(memory)" 220 300 "memory"
  kata update --memory $((800 * MIB)) "$ID" # as much as the machine may have
  between "$(memory)" 400 640 "memory"
  kata delete --force "$ID"
}
