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
# shellcheck disable=SC1090
for part in "$here"/*.bash; do . "$part"; done

ID=$(new_id)
RUN=/tmp/kata-$ID
BUNDLE=$RUN.bundle
KATA=("$KATA_RUNTIME" --root "$RUN")
KERNELS=(stock)
[ ! -f "$KATA_SHARE/vmlinux-own.container" ] || KERNELS+=(own)
export ID

cleanup() {
  timeout 60 "${KATA[@]}" delete --force "$ID" >/dev/null 2>&1 || true
  runc --root "$RUN.runc" delete --force "$ID" >/dev/null 2>&1 || true
  [ -z "${HOME_DIR:-}" ] || [ ! -d "$HOME_DIR" ] || stop_containerd || true
  remove_pod_network
  rm -rf "$RUN" "$RUN.runc" "$BUNDLE" "$BENCH/files-$ID" "$BENCH/templates"
}
trap cleanup EXIT

# start_container: an idle one, of this run; stop_container.
start_container() {
  busybox_bundle "$BUNDLE"
  "${KATA[@]}" run --detach --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
}
stop_container() {
  "${KATA[@]}" delete --force "$ID"
  rm -rf "$BUNDLE"
}

[ $# -gt 0 ] || set -- sizes exec boot pod stream network
machine_description | tee "$BENCH/machine.json"
for part in "$@"; do
  declare -F "bench_$part" >/dev/null || { echo "there is no benchmark \"$part\"" >&2; exit 2; }
  printf '\n== %s\n' "$part"
  "bench_$part"
done
echo
echo "raw data: $BENCH"
exit "$over"
