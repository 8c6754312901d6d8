# shellcheck shell=bash
# What a first build costs in CPU time, with no cache of compiled objects. Takes minutes, so it runs only when it is asked for
# by name. CPU time is less moved by other work on the machine than time on the clock, but it is moved: measure on an idle one.

# cpu_minutes COMMAND...: user and system time of the command and what it started, in minutes.
cpu_minutes() {
  local TIMEFORMAT='%U %S' cost
  cost=$({ time "$@" >"$BENCH/build.log" 2>&1; } 2>&1) || { tail -n 40 "$BENCH/build.log" >&2; return 1; }
  awk '{ printf "%.2f\n", ($1 + $2) / 60 }' <<<"$cost"
}

bench_build() {
  local tree=$BENCH/build first rest
  rm -rf "$tree"
  cmake -S "$KATA_SOURCE" -B "$tree" -G Ninja >"$BENCH/build.log" 2>&1
  export CCACHE_DISABLE=1
  first=$(cpu_minutes ninja -C "$tree" programs)
  rest=$(cpu_minutes ninja -C "$tree")
  unset CCACHE_DISABLE
  promise build-programs "$first" min "CPU time of what ./dev run builds, no cache"
  promise build-all "$(awk "BEGIN { printf \"%.2f\", $first + $rest }")" min "CPU time of everything, tests too, no cache"
  figure build-steps "$(ninja -C "$tree" -t commands | wc -l)" steps "of everything"
  rm -rf "$tree"
}
