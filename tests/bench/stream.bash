# shellcheck shell=bash
# How fast output comes out of a container through containerd's streams, against runc's.

STREAM_MIB=128

# stream_once RUNTIME: seconds for STREAM_MIB through ctr task exec.
stream_once() {
  local from to
  from=$(date +%s%N)
  ctr_ tasks exec --exec-id "e$from" "$ID-$1" head -c $((STREAM_MIB << 20)) /dev/zero >/dev/null
  to=$(date +%s%N)
  awk "BEGIN { print ($to - $from) / 1e9 }"
}

bench_stream() {
  local i runtime ours theirs
  start_containerd >/dev/null
  import_images default
  for runtime in kata runc; do
    ctr_ run --detach --runtime "io.containerd.$runtime.v2" localhost/busybox:test "$ID-$runtime" sleep 100000
    stream_once "$runtime" >/dev/null
  done
  rm -f "$BENCH"/stream-*.txt
  for ((i = 0; i < RUNS; i++)); do
    for runtime in kata runc; do stream_once "$runtime" >>"$BENCH/stream-$runtime.txt"; done
  done
  ours=$(median <"$BENCH/stream-kata.txt")
  theirs=$(median <"$BENCH/stream-runc.txt")
  figure stream "$(awk "BEGIN { printf \"%.0f\", $STREAM_MIB / $ours }")" MiB/s "stdout of ctr task exec"
  figure stream-against-runc "$(ratio "$ours" "$theirs")" times "its time against runc's ($(awk "BEGIN { printf \"%.0f\", $STREAM_MIB / $theirs }") MiB/s)"
  for runtime in kata runc; do
    ctr_ tasks delete -f "$ID-$runtime" >/dev/null 2>&1
    ctr_ containers delete "$ID-$runtime"
  done
  BATS_TEST_COMPLETED=1 stop_containerd
}
