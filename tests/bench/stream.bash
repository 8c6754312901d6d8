# shellcheck shell=bash
# How fast bytes come out of a container, and go into it, through containerd's streams, against runc's.

STREAM_MIB=256

# stream_exec RUNTIME COMMAND...
stream_exec() {
  local runtime=$1
  shift
  ctr_ tasks exec --exec-id "e$(date +%s%N)" "$ID-$runtime" "$@"
}

# In pieces of 64 KiB, as cat writes them: with smaller ones the workload's own system calls are what is measured.
stream_out() { stream_exec "$1" dd if=/dev/zero bs=64k count=$((STREAM_MIB * 16)) >/dev/null 2>&1; }
stream_in() { head -c $((STREAM_MIB << 20)) /dev/zero | stream_exec "$1" sh -c 'cat >/dev/null'; }

# stream_once DIRECTION RUNTIME: seconds for STREAM_MIB.
stream_once() {
  local from to
  from=$(date +%s%N)
  "stream_$1" "$2"
  to=$(date +%s%N)
  awk "BEGIN { print ($to - $from) / 1e9 }"
}

# stream_direction DIRECTION: runs of both runtimes in turn; their medians are $ours and $theirs.
stream_direction() {
  local i runtime
  rm -f "$BENCH/stream-$1"-{kata,runc}.txt
  for runtime in kata runc; do stream_once "$1" "$runtime" >/dev/null; done
  for ((i = 0; i < RUNS; i++)); do
    for runtime in kata runc; do stream_once "$1" "$runtime" >>"$BENCH/stream-$1-$runtime.txt"; done
  done
  ours=$(median <"$BENCH/stream-$1-kata.txt")
  theirs=$(median <"$BENCH/stream-$1-runc.txt")
}

# mib_per_second SECONDS
mib_per_second() { awk "BEGIN { printf \"%.0f\", $STREAM_MIB / $1 }"; }

bench_stream() {
  local runtime ours theirs
  start_containerd >/dev/null
  import_images default
  for runtime in kata runc; do
    ctr_ run --detach --runtime "io.containerd.$runtime.v2" localhost/busybox:test "$ID-$runtime" sleep 100000
  done
  stream_direction out
  figure stream "$(mib_per_second "$ours")" MiB/s "stdout of ctr task exec"
  promise stream-against-runc "$(ratio "$ours" "$theirs")" times "its time against runc's ($(mib_per_second "$theirs") MiB/s)"
  stream_direction in
  figure stream-in "$(mib_per_second "$ours")" MiB/s "stdin of ctr task exec"
  promise stream-in-against-runc "$(ratio "$ours" "$theirs")" times "its time against runc's ($(mib_per_second "$theirs") MiB/s)"
  for runtime in kata runc; do
    ctr_ tasks delete -f "$ID-$runtime" >/dev/null 2>&1
    ctr_ containers delete "$ID-$runtime"
  done
  BATS_TEST_COMPLETED=1 stop_containerd
}
