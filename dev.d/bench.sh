# shellcheck shell=bash
# Measure sizes and speed, as ratios within one run (./dev bench [--plot] [RUNS] [PART]..., default 5 runs of every part)

plot=no
[ "${1:-}" != --plot ] || { plot=yes; shift; }
runs=5
[[ ! ${1:-} =~ ^[0-9]+$ ]] || { runs=$1; shift; }
dev build
dev image
[[ " $* " != *" engines "* ]] || dev docker >&2
kept=0
as_root env KATA_BUILD_DIR="$KATA_BUILD_DIR" KATA_CACHE_DIR="$KATA_CACHE_DIR" bash "$KATA_SOURCE/tests/bench/run.sh" "$runs" "$@" || kept=$?
if [ "$plot" = yes ]; then
  "$KATA_SOURCE/tests/bench/plot.py" "$KATA_BUILD_DIR/bench" "$KATA_SOURCE/docs/boot-time.svg"
  say "drew docs/boot-time.svg"
fi
[ "$kept" -eq 0 ] || exit "$kept"
