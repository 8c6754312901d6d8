# shellcheck shell=bash
# The lines of the report, on stdout and as raw data. A promise has its limit in docs/specification.md.

: "${BENCH:?}" # where raw data goes
# shellcheck disable=SC2034 # the whole run's exit status
over=0
part="" # the one that runs

# limit_of ID: the number after "at most" in the promise's row.
limit_of() {
  local limit
  limit=$(sed -n "s/^| \`$1\` |.*| at most \([0-9.]*\)[^|]*|.*/\1/p" "$KATA_SOURCE/docs/specification.md")
  [ -n "$limit" ] || { echo "docs/specification.md has no promise \`$1\` with a limit" >&2; exit 1; }
  echo "$limit"
}

record() {
  jq -cn --arg name "$1" --argjson value "$2" --arg unit "$3" --argjson limit "${4:-null}" '$ARGS.named' >>"$BENCH/results.jsonl"
}

numbers() { wc -l <"$BENCH/results.jsonl"; }

# run_part NAME: a part that leaves no number has failed, whatever its status.
run_part() {
  local before
  part=$1
  touch "$BENCH/results.jsonl"
  before=$(numbers)
  printf '\n== %s\n' "$part"
  "bench_$part"
  [ "$(numbers)" -gt "$before" ] || { echo "the benchmark \"$part\" left no number" >&2; exit 1; }
  part=""
}

# end_of_run STATUS: the exit status of a run that ends now. One that ends within a part says so.
end_of_run() {
  if [ -z "$part" ]; then
    echo "$1"
    return
  fi
  echo "the benchmark \"$part\" ended before its numbers were complete (exit status $1)" >&2
  [ "$1" -eq 0 ] && echo 1 || echo "$1"
}

# promise ID VALUE UNIT WORDS: over the limit is a failure of the whole run.
# shellcheck disable=SC2034
promise() {
  local limit verdict=ok
  limit=$(limit_of "$1")
  awk "BEGIN { exit !($2 > $limit) }" && { verdict="OVER THE LIMIT"; over=1; }
  printf '%-52s %10s %-5s (at most %s)  %s\n' "$4" "$2" "$3" "$limit" "$verdict"
  record "$1" "$2" "$3" "$limit"
}

# figure ID VALUE UNIT WORDS: a number without a promise.
figure() {
  printf '%-52s %10s %s\n' "$4" "$2" "$3"
  record "$1" "$2" "$3"
}

ratio() { awk "BEGIN { printf \"%.2f\", $1 / $2 }"; }
# median: of the numbers on stdin, a line each.
median() { sort -n | awk '{ a[NR] = $1 } END { print (NR % 2) ? a[(NR + 1) / 2] : (a[NR / 2] + a[NR / 2 + 1]) / 2 }'; }
# resident PID, pss PID...: KiB.
resident_kib() { awk '/^VmRSS:/ { print $2 }' "/proc/$1/status"; }
pss() {
  local pid
  for pid in "$@"; do awk '/^Pss:/ { print $2 }' "/proc/$pid/smaps_rollup"; done | awk '{ sum += $1 } END { print sum + 0 }'
}

# hyper NAME RUNS WARMUP COMMAND...: hyperfine over the commands, interleaved runs; hyper_median NAME INDEX.
hyper() {
  local name=$1 runs=$2 warmup=$3
  shift 3
  hyperfine --warmup "$warmup" --runs "$runs" -N --export-json "$BENCH/$name.json" "$@" >"$BENCH/$name.txt" 2>&1 ||
    { tail -n 20 "$BENCH/$name.txt" >&2; echo "the benchmark $name failed" >&2; exit 1; }
}
hyper_median() { jq -r ".results[$2].median" "$BENCH/$1.json"; }

machine_description() {
  jq -n --arg date "$(date -u +%FT%TZ)" --arg kernel "$(uname -r)" --arg processors "$(nproc)" \
    --arg processor "$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1)" \
    --arg memory "$(awk '/MemTotal/ { print $2 " kB" }' /proc/meminfo)" \
    --arg qemu "$(qemu-system-x86_64 --version | head -n 1)" --arg commit "$(git -C "$KATA_SOURCE" rev-parse --short HEAD 2>/dev/null)" \
    --arg load "$(cut -d' ' -f1-3 /proc/loadavg)" '$ARGS.named'
}
