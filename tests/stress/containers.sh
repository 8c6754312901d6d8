#!/usr/bin/env bash
# containers.sh docker|podman COUNT [AT_ONCE]: so many containers of the engine's, so many started at once, each asked something when
# all of them run, and removed; then the host is compared with what it was. Any error ends it with status 1.
set -euo pipefail
engine=$1
count=$2
at_once=${3:-10}
cd "$(dirname "$(readlink -f "$0")")/../integration"
# shellcheck source=tests/integration/lib/kata.bash
. lib/kata.bash
# shellcheck source=tests/integration/lib/docker.bash
. lib/docker.bash
# shellcheck source=tests/integration/lib/podman.bash
. lib/podman.bash
# shellcheck source=tests/integration/lib/host.bash
. lib/host.bash
KATA_LIMIT=900 # ten emulated machines start slowly beside ninety others

say() { printf '[%s] %s\n' "$(date +%T)" "$*"; }
skip() {
  echo "$*" >&2
  exit 1
}

begin_docker() { start_docker; }
by_docker() { docker_ "$@"; }
run_docker() { docker_ run --runtime kata "$@"; }
end_docker() { stop_docker; }

begin_podman() {
  podman_setup
  own_podman tag "$IMAGE" busybox
}
run_podman() { own_podman --runtime kata run "$@"; }
by_podman() { own_podman "$@"; }
end_podman() { podman_teardown; }

# all FUNCTION: with every number, $at_once of them at a time. Fails when one does.
all() {
  local i failed=0 pids=()
  for ((i = 0; i < count; i++)); do
    "$1" "$i" &
    pids+=($!)
    [ ${#pids[@]} -lt "$at_once" ] || { wait "${pids[0]}" || failed=$((failed + 1)); pids=("${pids[@]:1}"); }
  done
  for i in "${pids[@]}"; do wait "$i" || failed=$((failed + 1)); done
  [ "$failed" -eq 0 ] || { echo "$1: $failed of $count failed" >&2; return 1; }
}
start_one() { "run_$engine" -d --name "c$1" -m 64m busybox sh -c "echo this is $1 >/tmp/me; exec sleep 100000" >/dev/null; }
ask_one() { expect "$("by_$engine" exec "c$1" cat /tmp/me)" "this is $1" "the answer of c$1"; }
remove_one() { "by_$engine" rm -f "c$1" >/dev/null; }
machines() { pgrep -fc -- "qemu-system.*$MARK" || true; }

finish() {
  local status=$?
  trap - EXIT
  trap '' INT TERM
  "end_$engine" || status=1
  rm -rf "${KATA_ROOT:?}"
  exit "$status"
}

declare -F "begin_$engine" >/dev/null || { echo "there is no engine \"$engine\"" >&2; exit 2; }
ID=$(new_id)
KATA_ROOT=/tmp/kata-$ID
MARK=$(root_mark "$KATA_ROOT")
export ID KATA_ROOT MARK KATA_LIMIT
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
"begin_$engine"
"run_$engine" --rm busybox true # whatever is made once is there now
before=$(host_inventory)

say "$count containers of $engine, $at_once started at once"
all start_one
expect "$(machines)" "$count" "machines"
say "each is asked something"
all ask_one
say "memory that the host has left: $(awk '/^MemAvailable/ { print int($2 / 1024) }' /proc/meminfo) MiB"
all remove_one
expect "$(machines)" 0 "machines left"
host_compare "$before"
"end_$engine"
no_leak
say "nothing is left"
