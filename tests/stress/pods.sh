#!/usr/bin/env bash
# pods.sh PARALLEL SERIAL: creates and deletes so many pods at once, then so many one after the other, each with a
# container that says something, and compares the host before and after. Any error ends it with status 1.
set -euo pipefail
parallel=$1
serial=$2
cd "$(dirname "$(readlink -f "$0")")/../integration"
# shellcheck source=tests/integration/lib/kata.bash
. lib/kata.bash
# shellcheck source=tests/integration/lib/containerd.bash
. lib/containerd.bash
# shellcheck source=tests/integration/lib/pod.bash
. lib/pod.bash
# shellcheck source=tests/integration/lib/host.bash
. lib/host.bash
: "${KATA_LIMIT:=600}" # twenty emulated machines on two processors start slowly

say() { printf '[%s] %s\n' "$(date +%T)" "$*"; }

# descriptors PID: how many containerd has open; its own leaks are not ours, but a shim's connections would show here.
descriptors() { find "/proc/$1/fd" -mindepth 1 2>/dev/null | wc -l; }

# one_pod NAME: from nothing to nothing.
one_pod() {
  local pod container
  pod=$(run_pod "$1") || return 1
  container=$(run_in "$pod" "$1" worker -- sh -c "echo this is $1; exit 3") || return 1
  KATA_WAIT=300 eventually container_is "$container" EXITED || return 1
  expect "$(cri inspect "$container" | jq .status.exitCode)" 3 "exit code of $1" || return 1
  holds "$(logged "$1" worker)" "this is $1" || return 1
  remove_pod "$pod" || return 1
}

ID=$(new_id)
export ID KATA_LIMIT
start_containerd
trap 'stop_containerd' EXIT
import_images k8s.io
one_pod warm-up # whatever is made once (bridge, caches) is there now
before=$(host_inventory)
open_before=$(descriptors "$CONTAINERD")

say "$parallel pods at once"
pids=()
for ((i = 0; i < parallel; i++)); do
  one_pod "p$i" &
  pids+=($!)
done
failed=0
for pid in "${pids[@]}"; do wait "$pid" || failed=$((failed + 1)); done
[ "$failed" -eq 0 ] || { echo "$failed of $parallel pods failed" >&2; exit 1; }
host_compare "$before"

say "$serial pods one after the other"
for ((i = 0; i < serial; i++)); do
  one_pod "s$i"
  [ $((i % 20)) -ne 19 ] || say "$((i + 1)) of $serial"
done
host_compare "$before"
open_after=$(descriptors "$CONTAINERD")
[ "$open_after" -le $((open_before + 10)) ] || { echo "containerd has $open_after descriptors open, $open_before before" >&2; exit 1; }
expect "$(cri pods | jq '.items | length')" 0 "pods left"
expect "$(find "$HOME_DIR/state/io.containerd.runtime.v2.task/k8s.io" -mindepth 1 2>/dev/null | wc -l)" 0 "bundles left"
BATS_TEST_COMPLETED=1
say "nothing is left"
