#!/usr/bin/env bats
# What the containers of one pod share, and disks that come and go with a container.

setup() {
  load lib/kata
  load lib/bundle
  load lib/storage
  common_setup
  storage_setup
  SHARED=$BATS_TEST_TMPDIR/shared-$ID
}
teardown() {
  storage_teardown
  common_teardown
}

# task VERB ID [ARG]...: as containerd asks the pod's shim.
task() { timeout -k 10 "$KATA_LIMIT" "$KATA_BUILD_DIR/tests/task_client" "$KATA_ROOT/$ID/shim.sock" "$@"; }

# pod: its first container, which only waits; named $ID.
pod() {
  busybox_bundle "$BUNDLE"
  edit_config "$BUNDLE" '.annotations["io.kubernetes.cri.container-type"] = "sandbox"'
  shm_volume
  kata run --detach --bundle "$BUNDLE" "$ID"
}

# shm_volume: the pod's /dev/shm, and a volume in memory.
shm_volume() {
  if [ ! -d "$SHARED" ]; then
    mkdir "$SHARED"
    mount_tmpfs "$SHARED" size=4m,mode=1777
    local memory
    memory=$(pod_volume empty-dir memory)
    mount_tmpfs "$memory" size=2m,mode=777
  fi
  edit_config "$BUNDLE" '.mounts |= map(select(.destination != "/dev/shm"))'
  add_volume "$SHARED" /dev/shm
  add_volume "$(pod_volume empty-dir memory)" /memory
}

# container NAME SCRIPT [ROOTFS-TYPE SOURCE [OPTION]...]: created and started in the pod.
container() {
  local name=$1 BUNDLE=$BATS_TEST_TMPDIR/$1-$ID
  busybox_bundle "$BUNDLE" sh -c "$2"
  shift 2
  if [ $# -gt 0 ]; then rm -rf "${BUNDLE:?}/rootfs/"*; fi
  shm_volume
  [ -z "${DEVICE:-}" ] || add_block_device "$DEVICE" rwm
  task create "$name-$ID" "$BUNDLE" "$BATS_TEST_TMPDIR/$name.out" "$@"
  task start "$name-$ID"
}

# in_qemu PATH: the pod's machine has it open.
in_qemu() { find "/proc/$(qemu_pid "$ID")/fd" -lname "*$1" | grep -q .; }

output_of() { cat "$BATS_TEST_TMPDIR/$1.out"; }

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
  container disk 'awk "\$2 == \"/\" { print \$3 }" /proc/mounts; echo written >/file; sync' ext4 "$IMAGE" loop rw
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

@test "two containers use one block device; it is unplugged after the last" {
  loop_device
  DEVICE=/dev/data
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
