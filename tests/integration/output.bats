#!/usr/bin/env bats
# What the workload writes and reads: whole, in order, apart, at any pace, with bounded memory.

setup() {
  load lib/kata
  load lib/bundle
  common_setup
}
teardown() { common_teardown; }

# A block of an odd size, so that it is never in step with a buffer.
make_block() { head -c 1048583 /dev/urandom >"$1"; }
repeat() { local i; for ((i = 0; i < $2; i++)); do cat "$1"; done; }

@test "1 KiB of binary output, stdout and stderr apart" {
  mkdir -p "$BATS_TEST_TMPDIR/v"
  head -c 1024 /dev/urandom >"$BATS_TEST_TMPDIR/v/out"
  head -c 1024 /dev/urandom >"$BATS_TEST_TMPDIR/v/err"
  kata_do --volume "$BATS_TEST_TMPDIR/v:/v:ro" -- sh -c 'cat /v/out; cat /v/err >&2' >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err"
  cmp "$BATS_TEST_TMPDIR/v/out" "$BATS_TEST_TMPDIR/out"
  cmp "$BATS_TEST_TMPDIR/v/err" "$BATS_TEST_TMPDIR/err"
}

@test "much output through a slow reader, with bounded memory in every process on the way" {
  local count=${KATA_OUTPUT_MIB:-64} sum
  export KATA_LIMIT=1500
  busybox_bundle "$BUNDLE" sh -c "cp /block /dev/shm/b; i=0; while [ \$i -lt $count ]; do cat /dev/shm/b; i=\$((i+1)); done"
  make_block "$BUNDLE/rootfs/block"
  mkfifo "$BATS_TEST_TMPDIR/pipe"
  kata run --bundle "$BUNDLE" "$ID" >"$BATS_TEST_TMPDIR/pipe" &
  local runtime=$!
  {
    # The reader stops for a while with everything in flight, then is slow, then reads all.
    head -c 100 >"$BATS_TEST_TMPDIR/head"
    sleep 5
    resident_peak "$(shim_pid "$ID")" >"$BATS_TEST_TMPDIR/shim"
    resident "$(qemu_pid "$ID")" >"$BATS_TEST_TMPDIR/qemu"
    cat "$BATS_TEST_TMPDIR/head" - | {
      head -c 20000000
      resident_peak "$(shim_pid "$ID")" >>"$BATS_TEST_TMPDIR/shim"
      resident "$(qemu_pid "$ID")" >>"$BATS_TEST_TMPDIR/qemu"
      cat
    } | sha256sum >"$BATS_TEST_TMPDIR/sum"
  } <"$BATS_TEST_TMPDIR/pipe"
  wait "$runtime"
  sum=$(repeat "$BUNDLE/rootfs/block" "$count" | sha256sum)
  expect "$(cat "$BATS_TEST_TMPDIR/sum")" "$sum" "sha256 of the output"
  while read -r size; do [ "$size" -lt 40960 ] || { echo "shim: $size KiB" >&2; return 1; }; done <"$BATS_TEST_TMPDIR/shim"
  # QEMU's own memory does not grow with the output.
  local before after
  before=$(sed -n 1p "$BATS_TEST_TMPDIR/qemu")
  after=$(sed -n 2p "$BATS_TEST_TMPDIR/qemu")
  [ "$after" -lt $((before + 65536)) ] || { echo "QEMU: $before KiB, then $after KiB" >&2; return 1; }
}

@test "stdout and stderr at once, both whole" {
  busybox_bundle "$BUNDLE" sh -c 'cp /a /b /dev/shm; for i in 1 2 3 4 5 6 7 8; do cat /dev/shm/a; done & for i in 1 2 3 4 5 6 7 8; do cat /dev/shm/b >&2; done; wait'
  make_block "$BUNDLE/rootfs/a"
  make_block "$BUNDLE/rootfs/b"
  kata run --bundle "$BUNDLE" "$ID" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err"
  cmp <(repeat "$BUNDLE/rootfs/a" 8) "$BATS_TEST_TMPDIR/out"
  cmp <(repeat "$BUNDLE/rootfs/b" 8) "$BATS_TEST_TMPDIR/err"
}

@test "output written just before the end is never lost" {
  busybox_bundle "$BUNDLE"
  kata run --detach --bundle "$BUNDLE" "$ID"
  local i
  for i in $(seq 20); do
    expect "$(kata exec "$ID" sh -c "echo begin; seq 1 2000; echo end $i" | tail -n 1)" "end $i"
  done
  kata delete --force "$ID"
}

@test "stdin from a pipe arrives whole, and its end reaches the workload" {
  make_block "$BATS_TEST_TMPDIR/block"
  local sum
  sum=$(repeat "$BATS_TEST_TMPDIR/block" 16 | sha256sum | cut -d ' ' -f 1)
  run -0 --separate-stderr bash -c "for i in \$(seq 16); do cat '$BATS_TEST_TMPDIR/block'; done | '$KATA_RUNTIME' --root '$KATA_ROOT' do -i -- sha256sum"
  expect "${output%% *}" "$sum"
}

@test "a closed stdin is an end of file at once" {
  run -0 --separate-stderr bash -c "'$KATA_RUNTIME' --root '$KATA_ROOT' do -i -- sh -c 'cat; echo done' </dev/null"
  expect "$output" "done"
  run -0 --separate-stderr bash -c "'$KATA_RUNTIME' --root '$KATA_ROOT' do -i -- sh -c 'cat; echo done' <&-"
  expect "$output" "done"
}

@test "a reader that goes away ends the writer by SIGPIPE" {
  run -0 --separate-stderr bash -o pipefail -c "{ '$KATA_RUNTIME' --root '$KATA_ROOT' do -- yes || true; } | head -n 1"
  expect "$output" y
}
