#!/usr/bin/env bats
# What some 150 operations on files answer (file_operations/), under runc and under kata-runtime in the same test.

setup() {
  load lib/kata
  load lib/bundle
  load lib/storage
  load lib/storage_pod
  common_setup
  storage_setup
  storage_pod_setup
}
teardown() {
  storage_teardown
  common_teardown
}

# operations_of_kata SHARED_FS [CONFIGURATION]: what the file operations answer, alone and as a pair in two containers, below $ANSWERS.
operations_of_kata() {
  use_config "shared_fs = \"$1\"\n${2:-}"
  pod
  with_volumes "$KATA_BUILD_DIR/tests/file_operations /bin/file_operations ro" "$WORK /v"
  container alone '/bin/file_operations /v/alone'
  container first '/bin/file_operations /v/pair first'
  container second '/bin/file_operations /v/pair second'
  local name
  for name in alone first second; do
    expect "$(task wait "$name-$ID")" 0
    cp "$BATS_TEST_TMPDIR/$name.out" "$ANSWERS/$name"
    task delete "$name-$ID"
  done
  kata delete --force "$ID"
}

# runc_operations NAME ARG...: the same in a container of runc, on the volume $WORK.
runc_operations() {
  local name=$1 BUNDLE=$BATS_TEST_TMPDIR/runc-$1
  shift
  busybox_bundle "$BUNDLE" /bin/file_operations "$@"
  add_volume "$KATA_BUILD_DIR/tests/file_operations" /bin/file_operations ro
  add_volume "$WORK" /v
  edit_config "$BUNDLE" "$EDIT | del(.linux.cgroupsPath)"
  runc --root "$BATS_TEST_TMPDIR/runc" run --bundle "$BUNDLE" "$name-$ID" >"$ANSWERS/$name" </dev/null
}

# fresh_work DIRECTORY ANSWERS: an empty volume and a place for what is answered there.
fresh_work() {
  WORK=$1 ANSWERS=$2
  mkdir -p "$WORK/alone" "$WORK/pair" "$ANSWERS"
}

# documented COLUMN: "OPERATION RUNC KATA" for each row of the table in limitations.md that has an answer of its own there.
documented() {
  local same=none
  if [ "$1" -le 4 ] && obeys_lists virtio-fs; then same=acl-; fi
  sed -n '/^| operation |/,/^$/p' "$BATS_TEST_DIRNAME/../../docs/limitations.md" | tail -n +3 | tr -d '`' |
    awk -F ' *[|] *' -v column="$1" -v same="^$same" \
      'NF > 1 && $(column + 1) != "same" && $2 !~ same { print $2, $3, $(column + 1) }' | sort
}

# as_root_does: $EDIT gives a container what root usually may.
as_root_does() {
  # And every device.
  EDIT='.process.capabilities[] = ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_SETGID",
      "CAP_SETUID", "CAP_SETFCAP", "CAP_KILL"] | .linux.resources.devices = [{"allow": true, "access": "rwm"}]'
}

# differences_are_documented COLUMN: between runc.answers and kata.answers.
differences_are_documented() {
  # Name, and which half of a pair; then both answers.
  differ() { paste -d ' ' "$BATS_TEST_TMPDIR/runc.answers" "$BATS_TEST_TMPDIR/kata.answers" | awk '$1 != $3 || $2 != $4 { print $1, $2, $4 }' | sort -u; }
  diff <(documented "$1") <(differ) || { echo "the differences (>) are not those of docs/limitations.md (<)" >&2; return 1; }
}

# needs_runc_on_ext4: what the table of limitations.md was made with.
needs_runc_on_ext4() {
  command -v runc >/dev/null || skip "there is no runc"
  [ "$(stat -f -c %T "$BATS_TEST_TMPDIR")" = ext2/ext3 ] || skip "the temporary directory is not on ext4"
}

# compare_operations SHARED_FS COLUMN [CONFIGURATION]: with runc, in the same run. What differs is what the documents say.
compare_operations() {
  needs_runc_on_ext4
  as_root_does
  fresh_work "$BATS_TEST_TMPDIR/runc-work" "$BATS_TEST_TMPDIR/runc-answers"
  runc_operations alone /v/alone
  runc_operations first /v/pair first &
  local first=$!
  runc_operations second /v/pair second
  wait "$first"
  cat "$ANSWERS"/{alone,first,second} >"$BATS_TEST_TMPDIR/runc.answers"
  [ "$(wc -l <"$BATS_TEST_TMPDIR/runc.answers")" -ge 150 ]
  fresh_work "$BATS_TEST_TMPDIR/kata-work" "$BATS_TEST_TMPDIR/kata-answers"
  operations_of_kata "$1" "${3:-}"
  cat "$ANSWERS"/{alone,first,second} >"$BATS_TEST_TMPDIR/kata.answers"
  differences_are_documented "$2"
}

@test "virtio-fs: file operations answer as under runc, in one and in two containers, but for what is documented" { compare_operations virtio-fs 3; }
@test "virtio-fs by its daemon in Rust: file operations answer as under runc, in one and in two containers, but for what is documented" {
  local daemon
  daemon=$(rust_virtiofsd)
  [ -n "$daemon" ] || skip "there is no virtiofsd in Rust: ./dev virtiofsd builds it where cargo is"
  compare_operations virtio-fs 4 "virtio_fs_daemon = \"$daemon\""
}
@test "virtio-9p: file operations answer as under runc, in one and in two containers, but for what is documented" { compare_operations virtio-9p 5; }

@test "an image file: file operations answer as on the host's own mount of one, but for what is documented" {
  needs_runc_on_ext4
  as_root_does
  IMAGE=$BATS_TEST_TMPDIR/image-$ID
  truncate -s 256M "$IMAGE"
  mkfs.ext4 -q "$IMAGE"
  fresh_work "$BATS_TEST_TMPDIR/runc-work" "$BATS_TEST_TMPDIR/runc-answers"
  mount -o loop "$IMAGE" "$WORK" || skip "no loop devices here"
  MOUNTED+=("$WORK")
  mkdir "$WORK/alone" "$WORK/kata"
  runc_operations alone /v/alone
  umount "$WORK"
  MOUNTED=()
  cp "$ANSWERS/alone" "$BATS_TEST_TMPDIR/runc.answers"
  pod
  with_volumes "$KATA_BUILD_DIR/tests/file_operations /bin/file_operations ro"
  EDIT+=" | .mounts += [{\"type\": \"ext4\", \"source\": \"$IMAGE\", \"destination\": \"/v\", \"options\": [\"loop\"]}]"
  container alone '/bin/file_operations /v/kata'
  expect "$(task wait "alone-$ID")" 0
  cp "$BATS_TEST_TMPDIR/alone.out" "$BATS_TEST_TMPDIR/kata.answers"
  kata delete --force "$ID"
  differences_are_documented 6
}
