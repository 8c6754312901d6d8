#!/usr/bin/env bash
# run.sh RUNS [PART]...: measures, prints the report, leaves raw data in $KATA_BUILD_DIR/bench. Ratios within one run: these
# machines are noisy. Exit status 1 when a promise of docs/specification.md is not kept.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
KATA_SOURCE=$(readlink -f "$here/../..")
# shellcheck disable=SC2034 # of the parts
RUNS=$1
shift
BENCH=$KATA_BUILD_DIR/bench
mkdir -p "$BENCH"
rm -f "$BENCH/results.jsonl"
cd "$KATA_SOURCE/tests/integration"
# shellcheck source=tests/integration/lib/kata.bash
. lib/kata.bash
# shellcheck source=tests/integration/lib/bundle.bash
. lib/bundle.bash
# shellcheck source=tests/integration/lib/containerd.bash
. lib/containerd.bash
# shellcheck source=tests/integration/lib/pod.bash
. lib/pod.bash
# shellcheck source=tests/integration/lib/netns.bash
. lib/netns.bash
# shellcheck source=tests/integration/lib/docker.bash
. lib/docker.bash
# shellcheck source=tests/integration/lib/podman.bash
. lib/podman.bash
# shellcheck disable=SC1090
for file in "$here"/*.bash; do . "$file"; done

ID=$(new_id)
RUN=/tmp/kata-$ID
BUNDLE=$RUN.bundle
KATA=("$KATA_RUNTIME" --root "$RUN")
KERNELS=(stock)
[ ! -f "$KATA_SHARE/vmlinux-own.container" ] || KERNELS+=(own)
export ID

cleanup() {
  local status=$?
  # What cleans up may fail without hiding how the run ended.
  set +e
  trap - EXIT
  status=$(end_of_run "$status")
  timeout 60 "${KATA[@]}" delete --force "$ID" >/dev/null 2>&1 || true
  runc --root "$RUN.runc" delete --force "$ID" >/dev/null 2>&1 || true
  [ -z "${HOME_DIR:-}" ] || [ ! -d "$HOME_DIR" ] || stop_containerd || true
  remove_pod_network
  stop_engines
  rm -rf "$RUN" "$RUN.runc" "$BUNDLE" "$BENCH/files-$ID" "$BENCH/templates"
  exit "$status"
}
trap cleanup EXIT

# start_container: an idle one, of this run; stop_container.
start_container() {
  busybox_bundle "$BUNDLE"
  run_detached
}
# run_detached: the container of $BUNDLE. Its descriptors are not this run's; what it says is shown when it fails.
run_detached() {
  "${KATA[@]}" run --detach --bundle "$BUNDLE" "$ID" </dev/null >"$BENCH/run.log" 2>&1 ||
    { cat "$BENCH/run.log" >&2; echo "kata-runtime run failed" >&2; return 1; }
}
stop_container() {
  "${KATA[@]}" delete --force "$ID"
  rm -rf "$BUNDLE"
}

[ $# -gt 0 ] || set -- sizes exec boot pod stream network
for name in "$@"; do
  declare -F "bench_$name" >/dev/null || { echo "there is no benchmark \"$name\"" >&2; exit 2; }
done
machine_description | tee "$BENCH/machine.json"
# Each part starts with nothing of the one before it.
for name in "$@"; do
  rm -rf "$BUNDLE"
  run_part "$name"
done
echo
echo "raw data: $BENCH"
exit "$over"
