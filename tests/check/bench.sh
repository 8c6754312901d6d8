#!/usr/bin/env bash
# bench.sh: ./dev bench fails, and says which part, when a part ends without its numbers. (stream, then storage, then network
# once ended after "== network" with nothing: storage had left its bundle.)
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0

# with_part BODY: runs a part "p" with this body; prints what the run says, with its exit status on the last line.
with_part() {
  local status=0
  KATA_SOURCE=$PWD BENCH=$work bash -euo pipefail -c '
    . tests/bench/report.bash
    trap "exit \$(end_of_run \$?)" EXIT
    bench_p() { '"$1"'; }
    run_part p' 2>&1 || status=$?
  echo "$status"
}

# expect NAME BODY PATTERN STATUS
expect() {
  local said
  said=$(with_part "$2")
  if ! grep -q -- "$3" <<<"$said" || [ "$(tail -n 1 <<<"$said")" != "$4" ]; then
    printf '%s: wanted "%s" and exit status %s, got:\n%s\n' "$1" "$3" "$4" "$said"
    bad=1
  fi
}

expect "a part with a number" 'figure a 1 s words' '^words' 0
expect "a part without a number" 'true' '"p" left no number' 1
expect "a part whose command fails" 'figure a 1 s words; false >/dev/null 2>&1; figure b 2 s more' '"p" ended before' 1
expect "a part that exits early and well" 'figure a 1 s words; exit 0' '"p" ended before' 1
# A bundle of the part before must not be found by the next one.
grep -q 'rm -rf "$BUNDLE"' tests/bench/run.sh || { echo "tests/bench/run.sh: a part finds the bundle of the one before it"; bad=1; }
exit "$bad"
