#!/usr/bin/env bats
# The pod's cgroups on the host: who is where, what is limited, what is left. Any layout of the host will do.

setup() {
  load lib/kata
  load lib/bundle
  load lib/containerd
  load lib/pod
  load lib/cgroups
  common_setup
  [ -n "$(hierarchies)" ] || skip "no cgroups on this host"
}
# remove_parents: those that the test made, as an engine would.
remove_parents() { group_directories "/kt-$ID" | tac | while read -r each; do rmdir "$each" 2>/dev/null || true; done; }

teardown() {
  if [ -n "${HOME_DIR:-}" ]; then stop_containerd; fi
  remove_parents # or they would count as left behind
  common_teardown
  remove_parents
}

# shellcheck disable=SC2016 # the dollars in single quotes are jq's

readonly MIB=1048576 IMAGE=localhost/busybox:test

# only true|false: sandbox_cgroup_only, for the command line and for containerd.
only() {
  export KATA_CONF_FILE=$BATS_TEST_TMPDIR/configuration.toml
  printf '[hypervisor.qemu]\n%s\n[runtime]\nsandbox_cgroup_only = %s\n' "${2:-}" "$1" >"$KATA_CONF_FILE"
}

# On the testbed only what differs between the versions of cgroups: it is slow.
same_everywhere() { [ -z "${KATA_TESTBED:-}" ] || skip "the same with every version"; }

# members ID: the shim, QEMU and virtio-fs' daemon (when there is one).
members() { shim_pid "$1"; qemu_pid "$1"; process_of virtiofsd "$1" || true; }
sandbox_state() { jq -r "$1" /run/kata/"$2"*/state.json; }

# apart SANDBOX: sandbox_cgroup_only = false. Which threads of QEMU run processors QEMU itself names.
apart() {
  local sandbox=$1 overhead qemu version controllers mount each threads
  overhead=$(sandbox_state .overheadCgroup "$2")
  holds "$overhead" '^/kata_overhead/'
  all_in "$overhead" "$(shim_pid "$2")"
  each=$(process_of virtiofsd "$2") && all_in "$overhead" "$each"
  qemu=$(qemu_pid "$2")
  while read -r version controllers mount; do
    if [ "$version" = 2 ]; then
      expect "$(groups_of "$qemu" | awk '$1 == "unified" { print $2 }')" "$sandbox" "QEMU, version 2"
      threads=$(cat "$mount$sandbox/vcpus/cgroup.threads")
    elif [[ $controllers == name=* ]]; then
      continue
    else
      expect "$(groups_of "$qemu" | awk -v c="$controllers" '$1 == c { print $2 }')" "$overhead" "QEMU, $controllers"
      threads=$(grep -xF "$(ls "/proc/$qemu/task")" "$mount$sandbox/tasks")
    fi
    expect "$(wc -l <<<"$threads")" "$3" "processors in $mount$sandbox ($threads)"
    for each in $threads; do holds "$(cat "/proc/$qemu/task/$each/comm")" 'qemu|CPU'; done
  done < <(hierarchies)
}

@test "sandbox_cgroup_only = true: everybody is in kata_<sandbox>, and the limits hold for all" {
  only true
  busybox_bundle "$BUNDLE"
  edit_config "$BUNDLE" '.linux.cgroupsPath = "/kt-\($id)/c" | .linux.resources.cpu = {quota: 80000, period: 100000, shares: 512, cpus: "0"} |
    .linux.resources.memory.limit = 200 * 1048576' --arg id "$ID"
  kata run --detach --bundle "$BUNDLE" "$ID"
  local group before
  group=$(sandbox_state .cgroup "$ID")
  holds "$group" "^/kt-$ID/kata_$ID"
  # shellcheck disable=SC2046 # pids
  all_in "$group" $(members "$ID") "$(standin_pid "$ID")"
  expect "$(setting cpu "$group" cpu.cfs_quota_us cpu.max)" "$([ "$(home_of cpu | cut -c 1)" = 1 ] && echo 80000 || echo "80000 100000")" quota
  expect "$(setting cpuset "$group" cpuset.cpus cpuset.cpus)" 0 cpuset
  before=$(setting memory "$group" memory.limit_in_bytes memory.max)
  [ "$before" -gt $((300 * MIB)) ] && [ "$before" -lt $((700 * MIB)) ] || { echo "memory: $before" >&2; return 1; }
  kata update --cpu-quota 60000 --memory $((300 * MIB)) "$ID"
  holds "$(setting cpu "$group" cpu.cfs_quota_us cpu.max)" '^60000'
  [ "$(setting memory "$group" memory.limit_in_bytes memory.max)" -gt "$before" ]
  kata delete --force "$ID"
  expect "$(group_directories "kt-$ID")" "" "left behind"
}

# processors_at_start ID: all that the machine may get, when it is emulated.
processors_at_start() { tr '\0' '\n' <"/proc/$(qemu_pid "$1")/cmdline" | sed -n '/^-smp$/{n;s/,.*//p}'; }

@test "sandbox_cgroup_only = false: the processors in kata_<sandbox>, the rest in /kata_overhead, plugged ones too" {
  only false
  busybox_bundle "$BUNDLE"
  edit_config "$BUNDLE" '.linux.cgroupsPath = "/kt-\($id)/c" | .linux.resources.cpu = {quota: 100000, period: 100000}' --arg id "$ID"
  kata run --detach --bundle "$BUNDLE" "$ID"
  local group count
  group=$(sandbox_state .cgroup "$ID")
  count=$(processors_at_start "$ID")
  apart "$group" "$ID" "$count"
  all_in "$group" "$(standin_pid "$ID")"
  # A guest that takes no more processors has their threads all the same.
  kata update --cpu-quota 200000 "$ID"
  apart "$group" "$ID" $((count < 2 ? 2 : count))
  kata delete --force "$ID"
  expect "$(group_directories "kt-$ID")" "" "left behind"
}

@test "no cgroup path: upstream's name; a path of systemd's form without systemd: the same place, and a warning" {
  same_everywhere
  only true
  busybox_bundle "$BUNDLE"
  kata run --detach --bundle "$BUNDLE" "$ID"
  holds "$(sandbox_state .cgroup "$ID")" "^/kata_sandboxed_pod/kata_$ID"
  kata delete --force "$ID"
  [ ! -d /run/systemd/system ] || return 0
  edit_config "$BUNDLE" '.linux.cgroupsPath = "kt-\($id).slice:x:c"' --arg id "$ID"
  kata --log "$BATS_TEST_TMPDIR/log" run --detach --bundle "$BUNDLE" "$ID"
  holds "$(sandbox_state .cgroup "$ID")" "^/kt.slice/kt-$ID.slice/kata_$ID"
  holds "$(cat "$BATS_TEST_TMPDIR/log")" 'asks for systemd.*cannot reach the system bus'
  kata delete --force "$ID"
}

@test "no path leads above the root, and the root itself is refused" {
  same_everywhere
  only true
  busybox_bundle "$BUNDLE"
  edit_config "$BUNDLE" '.linux.cgroupsPath = "/../a/../kt-\($id)"' --arg id "$ID"
  kata run --detach --bundle "$BUNDLE" "$ID"
  holds "$(sandbox_state .cgroup "$ID")" "^/kata_$ID"
  kata delete --force "$ID"
  edit_config "$BUNDLE" '.linux.cgroupsPath = "/a/.."'
  run ! kata run --detach --bundle "$BUNDLE" "$ID"
  holds "$output" 'the cgroup path names the root'
}

@test "hierarchies that are read-only are left out with a warning, and the pod runs" {
  same_everywhere
  only true
  busybox_bundle "$BUNDLE"
  edit_config "$BUNDLE" '.linux.resources.memory.limit = 200 * 1048576'
  local log=$BATS_TEST_TMPDIR/log
  KATA_LOG=$log unshare --mount --propagation private bash -c '
    while read -r where; do mount -o remount,bind,ro "$where"; done < <(findmnt -rno TARGET -t cgroup,cgroup2)
    exec timeout 180 "$KATA_RUNTIME" --root "$KATA_ROOT" --log "$KATA_LOG" run --detach --bundle "$BUNDLE" "$ID"'
  expect "$(grep -c 'level=warning.*cgroups.*mounted read-only' "$log")" 1 warnings
  holds "$(cat "$log")" 'limits that do not hold on the host.*memory'
  kata exec "$ID" true
  kata delete --force "$ID"
}

@test "the shim is killed, QEMU is killed, both: nothing is left" {
  local victim each
  busybox_bundle "$BUNDLE"
  for each in false true; do
    [ "$each" = false ] || [ -z "${KATA_TESTBED:-}" ] || continue
    only "$each"
    for victim in shim_pid qemu_pid both; do
      edit_config "$BUNDLE" '.linux.cgroupsPath = "/kt-\($id)/c"' --arg id "$ID"
      kata run --detach --bundle "$BUNDLE" "$ID"
      [ -n "$(group_directories "kt-$ID")" ]
      if [ "$victim" = both ]; then kill -9 "$(shim_pid "$ID")" "$(qemu_pid "$ID")"; else kill -9 "$("$victim" "$ID")"; fi
      kata delete --force "$ID"
      expect "$(group_directories "$ID")" "" "left behind with $each after the end of $victim"
    done
  done
}

@test "the host's OOM killer: every container ends with 137, TaskOOM, and the cause names the limit" {
  only true 'default_memory = 512'
  start_containerd
  import_images
  local limit events=$HOME_DIR/events listener version
  version=$(home_of memory | cut -c 1)
  limit=$(make_group memory "/kt-$ID")
  echo $((250 * MIB)) >"$limit/$([ "$version" = 1 ] && echo memory.limit_in_bytes || echo memory.max)"
  ctr --address "$CONTAINERD_SOCKET" events >"$events" 3>&- &
  listener=$!
  ctr_ run --detach --runtime io.containerd.kata.v2 --cgroup "/kt-$ID/$ID" $IMAGE "$ID" tail /dev/zero
  eventually grep -q '/tasks/exit' "$events"
  kill "$listener"
  holds "$(grep /tasks/oom "$events")" "$ID"
  holds "$(grep /tasks/exit "$events")" '"exit_status":137'
  holds "$(sandbox_state .cause "$ID")" "host's OOM killer ended the VM: $limit/memory.[a-z_]* is 250 MiB; the VM needs [0-9]* MiB"
  run -0 ctr_ tasks delete -f "$ID"
  holds "$output" 'exit code 137'
  ctr_ containers delete "$ID"
}

@test "a pod of two containers: below its parent, cpuset only, nothing left" {
  only true
  start_containerd
  import_images k8s.io
  local pod one group
  pod=$(run_pod p ".linux.cgroup_parent = \"/kt-$ID\"")
  one=$(run_in "$pod" p one '.linux.resources = {cpu_quota: 50000, cpu_period: 100000, memory_limit_in_bytes: 67108864, cpuset_cpus: "0"}' -- sleep 1000)
  group=/kt-$ID/kata_$pod
  # shellcheck disable=SC2046 # pids
  all_in "$group" $(members "$pod")
  expect "$(setting cpuset "$group" cpuset.cpus cpuset.cpus)" 0 cpuset
  holds "$(setting cpu "$group" cpu.cfs_quota_us cpu.max)" '^(-1|max)'
  run_in "$pod" p two -- sleep 1000
  expect "$(setting cpuset "$group" cpuset.cpus cpuset.cpus)" "$(setting cpuset "" cpuset.cpus cpuset.cpus.effective)" "cpuset with one that may use all"
  cri stop "$one" 1
  remove_pod "$pod"
  expect "$(group_directories "$pod")" "" "left behind"
}
