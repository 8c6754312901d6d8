#!/usr/bin/env bash
# inside.sh NAME ID: one test of systemd.bats, as a process of systemd's. Its failures are its words and its status.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=tests/integration/lib/kata.bash
. "$here/../../integration/lib/kata.bash"
# shellcheck source=tests/integration/lib/bundle.bash
. "$here/../../integration/lib/bundle.bash"
# shellcheck source=tests/integration/lib/cgroups.bash
. "$here/../../integration/lib/cgroups.bash"

ID=$2 KATA_ROOT=/tmp/kata-$2 BUNDLE=/tmp/bundle-$2
export KATA_LIMIT=300 KATA_CONF_FILE=/tmp/configuration-$2.toml
MIB=1048576

# prepare true|false [PATH]: a bundle with limits.
prepare() {
  printf '[hypervisor.qemu]\n[runtime]\nsandbox_cgroup_only = %s\n' "$1" >"$KATA_CONF_FILE"
  rm -rf "$BUNDLE"
  busybox_bundle "$BUNDLE"
  edit_config "$BUNDLE" '.linux.resources.memory.limit = 200 * 1048576 | .linux.resources.cpu = {quota: 80000, period: 100000}'
  [ -z "${2:-}" ] || edit_config "$BUNDLE" '.linux.cgroupsPath = $path' --arg path "$2"
}

state() { jq -r "$1" /run/kata/"$ID"*/state.json; }
property() { systemctl show --value --property "$2" "$1"; }
gone() { [ "$(property "$1" LoadState)" = not-found ] && [ -z "$(find /sys/fs/cgroup -name "$1")" ]; }
members() { shim_pid "$ID"; qemu_pid "$ID"; process_of virtiofsd "$ID" || true; }

only() {
  prepare true "kt.slice:pod:$ID"
  kata run --detach --bundle "$BUNDLE" "$ID"
  local unit=pod-$ID.scope group=/kt.slice/pod-$ID.scope
  expect "$(state .cgroup)" "$group" path
  expect "$(property "$unit" ActiveState)" active
  expect "$(property "$unit" ControlGroup)" "$group"
  expect "$(property "$unit" Delegate)" yes
  # shellcheck disable=SC2046 # pids
  all_in "$group" $(members) "$(standin_pid "$ID")"
  local before after
  before=$(cat "/sys/fs/cgroup$group/memory.max")
  [ "$before" -gt $((300 * MIB)) ]
  expect "$(property "$unit" MemoryMax)" "$before" "what systemd knows"
  expect "$(cat "/sys/fs/cgroup$group/cpu.max")" "80000 100000" quota
  systemctl daemon-reload
  after=$(cat "/sys/fs/cgroup$group/memory.max")
  expect "$after" "$before" "after a reload"
  expect "$(cat "/sys/fs/cgroup$group/cpu.max")" "80000 100000" "quota after a reload"
  kata delete --force "$ID"
  eventually gone "$unit"
}

apart() {
  prepare false "kt.slice:pod:$ID"
  kata run --detach --bundle "$BUNDLE" "$ID"
  local unit=pod-$ID.scope group=/kt.slice/pod-$ID.scope overhead
  overhead=$(state .overheadCgroup)
  holds "$overhead" '^/kata.slice/kata-overhead.slice/kata-.*\.scope'
  all_in "$group" "$(qemu_pid "$ID")"
  all_in "$overhead" "$(shim_pid "$ID")"
  expect "$(wc -l <"/sys/fs/cgroup$group/vcpus/cgroup.threads")" 1 processors
  expect "$(cat "/sys/fs/cgroup$group/vcpus/cpu.max")" "80000 100000" quota
  expect "$(property "$(basename "$overhead")" ActiveState)" active
  kata delete --force "$ID"
  eventually gone "$unit"
  eventually gone "$(basename "$overhead")"
}

no_path() {
  prepare true
  kata --systemd-cgroup run --detach --bundle "$BUNDLE" "$ID"
  holds "$(state .cgroup)" "^/system.slice/kata-$ID.*\.scope"
  kata delete --force "$ID"
}

killed() {
  local victim overhead
  for victim in shim_pid qemu_pid; do
    prepare false "kt.slice:pod:$ID"
    kata run --detach --bundle "$BUNDLE" "$ID"
    overhead=$(state .overheadCgroup)
    kill -9 "$("$victim" "$ID")"
    kata delete --force "$ID"
    eventually gone "pod-$ID.scope"
    eventually gone "$(basename "$overhead")"
  done
}

"$1"
