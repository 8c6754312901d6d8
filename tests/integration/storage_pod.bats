#!/usr/bin/env bats
# What the containers of one pod share, and disks that come and go with a container.

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

@test "containers of a pod share /dev/shm and an emptyDir in memory, which outlive them" {
  pod
  container one 'echo from-one >/dev/shm/file; echo kept >/memory/file; df -k /dev/shm | awk "NR == 2 { print \$2 }"'
  expect "$(task wait "one-$ID")" 0
  expect "$(output_of one)" 4096
  task delete "one-$ID"
  container two 'cat /dev/shm/file /memory/file; df -k /memory | awk "NR == 2 { print \$2 }"'
  expect "$(task wait "two-$ID")" 0
  expect "$(output_of two)" "$(printf 'from-one\nkept\n2048')"
  task delete "two-$ID"
  expect "$(kata exec "$ID" cat /dev/shm/file)" from-one
  [ -z "$(ls "$SHARED")" ]
  kata delete --force "$ID"
}

@test "a root file system on an image file is a disk of the guest, and is let go" {
  IMAGE=$BATS_TEST_TMPDIR/rootfs-$ID.img
  truncate -s 64M "$IMAGE"
  mkfs.ext4 -q -d "$KATA_SHARE/busybox-rootfs" "$IMAGE"
  pod
  container disk 'awk "\$2 == \"/\" { print \$3 }" /proc/mounts; echo written >/file' ext4 "$IMAGE" loop rw
  expect "$(task wait "disk-$ID")" 0
  expect "$(output_of disk)" ext4
  in_qemu "rootfs-$ID.img"
  task delete "disk-$ID"
  let_go() { ! in_qemu "rootfs-$ID.img"; }
  eventually let_go
  expect "$(debugfs -R 'cat /file' "$IMAGE" 2>/dev/null)" written
  # And once more: a container can be made again on the same disk.
  container again 'cat /file' ext4 "$IMAGE" loop ro
  expect "$(task wait "again-$ID")" 0
  expect "$(output_of again)" written
  kata delete --force "$ID"
}

@test "a pod that ends takes along what its containers have written to disks" {
  IMAGE=$BATS_TEST_TMPDIR/rootfs-$ID.img
  truncate -s 64M "$IMAGE"
  mkfs.ext4 -q -d "$KATA_SHARE/busybox-rootfs" "$IMAGE"
  pod
  container disk 'echo written >/file; echo ready; sleep 1000' ext4 "$IMAGE" loop rw
  written() { [ "$(output_of disk)" = ready ]; }
  eventually written
  kata delete --force "$ID"
  expect "$(debugfs -R 'cat /file' "$IMAGE" 2>/dev/null)" written
}

@test "two containers use one block device; it is unplugged after the last" {
  loop_device
  with_device /dev/data
  pod
  container one 'head -c 5 /dev/data; sleep 1000'
  container two 'head -c 5 /dev/data'
  expect "$(task wait "two-$ID")" 0
  expect "$(output_of two)" hello
  task delete "two-$ID"
  in_qemu "$LOOP"
  task kill "one-$ID"
  task wait "one-$ID"
  task delete "one-$ID"
  let_go() { ! in_qemu "$LOOP"; }
  eventually let_go
  kata delete --force "$ID"
}

@test "virtio-fs: a container's share is gone from the host when it was removed" {
  use_config 'shared_fs = "virtio-fs"'
  pod
  container one 'ls / >/dev/null; echo done'
  expect "$(task wait "one-$ID")" 0
  task delete "one-$ID"
  [ -z "$(find /run/kata-containers/shared/sandboxes -maxdepth 3 -name "one-$ID*")" ]
  container two 'echo works'
  expect "$(task wait "two-$ID")" 0
  expect "$(output_of two)" works
  kata delete --force "$ID"
}

# volume_is_one SHARED_FS: what one file of the host is in the containers of a pod, and at several places of one container.
# Locks, sockets, events and maps: file_operations.bats.
volume_is_one() {
  use_config "shared_fs = \"$1\""
  mkdir -p "$BATS_TEST_TMPDIR/v/sub" "$BATS_TEST_TMPDIR/subpath"
  touch "$BATS_TEST_TMPDIR/v/sub/file"
  mkfifo "$BATS_TEST_TMPDIR/v/fifo"
  # As the kubelet mounts a subPath: somewhere else.
  mount --bind "$BATS_TEST_TMPDIR/v/sub" "$BATS_TEST_TMPDIR/subpath"
  MOUNTED+=("$BATS_TEST_TMPDIR/subpath")
  pod
  with_volumes "$BATS_TEST_TMPDIR/v /v" "$BATS_TEST_TMPDIR/v /again ro" "$BATS_TEST_TMPDIR/subpath /part"
  container one 'touch /v/held; stat -c %d:%i /v/sub/file /again/sub/file /part/file | uniq
    touch /again/new 2>/dev/null || echo refused; cat /v/fifo; touch /v/read; sleep 1000'
  held() { [ -e "$BATS_TEST_TMPDIR/v/held" ]; }
  eventually held
  container two 'stat -c %d:%i /v/sub/file /part/file | uniq
    echo through >/v/fifo; while [ ! -e /v/read ]; do sleep 0.1; done'
  expect "$(task wait "two-$ID")" 0
  local first
  first=$(output_of one | head -n 1)
  expect "$(output_of one)" "$(printf '%s\nrefused\nthrough' "$first")"
  expect "$(output_of two)" "$first"
  kata delete --force "$ID"
}

@test "virtio-fs: a volume is one in all containers and mounts of a pod: inodes and FIFOs" { volume_is_one virtio-fs; }
@test "virtio-9p: a volume is one in all containers and mounts of a pod: inodes and FIFOs" { volume_is_one virtio-9p; }

# loop_volume: an ext4 of the host's, mounted after the pod's start, on $BATS_TEST_TMPDIR/disk.
loop_volume() {
  IMAGE=$BATS_TEST_TMPDIR/image-$ID
  truncate -s 16M "$IMAGE"
  mkfs.ext4 -q "$IMAGE"
  LOOP=$(losetup --find --show "$IMAGE") || skip "no loop devices here"
  mkdir -p "$BATS_TEST_TMPDIR/disk"
  mount "$LOOP" "$BATS_TEST_TMPDIR/disk"
  MOUNTED+=("$BATS_TEST_TMPDIR/disk")
  mkdir "$BATS_TEST_TMPDIR/disk/sub"
}

# leaves_with_its_container SHARED_FS: what a container brought is the host's again when it was removed.
leaves_with_its_container() {
  use_config "shared_fs = \"$1\""
  pod
  local server before name
  server=$(qemu_pid "$ID")
  [ "$1" = virtio-9p ] || server=$(pgrep -P "$(shim_pid "$ID")" virtiofsd)
  loop_volume
  mkdir -p "$BATS_TEST_TMPDIR/plain"
  with_volumes "$BATS_TEST_TMPDIR/disk /disk" "$BATS_TEST_TMPDIR/disk/sub /sub" "$BATS_TEST_TMPDIR/plain /plain ro"
  before=0
  for name in one two three; do
    container "$name" 'echo written >/disk/file; echo below >/sub/file; find / -xdev >/dev/null; echo $?'
    expect "$(task wait "$name-$ID")" 0
    expect "$(output_of "$name")" 0
    task delete "$name-$ID"
    [ "$before" -ne 0 ] || before=$(find "/proc/$server/fd" | wc -l)
  done
  expect "$(find "/proc/$server/fd" | wc -l)" "$before" "descriptors of the server"
  expect "$(cat "$BATS_TEST_TMPDIR/disk/file" "$BATS_TEST_TMPDIR/disk/sub/file")" "$(printf 'written\nbelow')"
  umount "$BATS_TEST_TMPDIR/disk"
  MOUNTED=()
  losetup -d "$LOOP"
  # A device that somebody still has mounted is detached later, when nobody does. Where / is a private mount, that can be
  # the pod of another test, which started while this was mounted.
  is_free() { [ -z "$(losetup -j "$IMAGE")" ]; }
  eventually is_free
  LOOP=""
  umount "$SHARED" "$(pod_volume empty-dir memory)"
  kata delete --force "$ID"
}

@test "virtio-fs: what a container brought is let go of while the pod lives" { leaves_with_its_container virtio-fs; }
@test "virtio-9p: what a container brought is let go of while the pod lives" { leaves_with_its_container virtio-9p; }
