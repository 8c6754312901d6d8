#!/usr/bin/env bats
# Root file systems that are block devices: containerd's devmapper snapshotter, for which the kernel needs thin pools.

setup() {
  load ../integration/lib/kata
  load ../integration/lib/containerd
  load ../integration/lib/pod
  load lib/testbed
  testbed_setup
  export DM_DISABLE_UDEV=1 # there is none on the testbed: dmsetup makes the nodes itself
  modprobe -a dm_thin_pool loop ext4
  make_pool
  export SNAPSHOTTER=devmapper DEVMAPPER_POOL=$POOL
  start_containerd
}
teardown() {
  stop_containerd
  remove_pool
  common_teardown
}

# make_pool: a thin pool on two sparse files.
make_pool() {
  POOL=kp-$ID
  truncate -s 1G "$BATS_TEST_TMPDIR/data"
  truncate -s 16M "$BATS_TEST_TMPDIR/metadata"
  DATA=$(losetup --find --show "$BATS_TEST_TMPDIR/data")
  METADATA=$(losetup --find --show "$BATS_TEST_TMPDIR/metadata")
  dmsetup create "$POOL" --table "0 $(blockdev --getsz "$DATA") thin-pool $METADATA $DATA 128 1024"
}
remove_pool() {
  local each
  for each in $(dmsetup ls | awk -v pool="$POOL" 'index($1, pool "-snap") == 1 { print $1 }') "$POOL"; do
    dmsetup remove --retry "$each"
  done
  losetup --detach "$DATA"
  losetup --detach "$METADATA"
}

# open_snapshots: the thin devices that QEMU processes have open.
open_snapshots() {
  local device
  device=$(dmsetup info --columns --noheadings -o blkdevname --select "name=~$POOL-snap" | tr '\n' '|')
  find /proc/[0-9]*/fd -lname '/dev/*' -printf '%p %l\n' 2>/dev/null | grep -E " /dev/(${device%|}|mapper/$POOL-snap[-0-9]*)\$" || true
}

@test "ctr: the root file system is a disk of the machine, and its device is free afterwards" {
  import_images
  ctr_ run --snapshotter devmapper --runtime io.containerd.kata.v2 --detach localhost/busybox:test "$ID" sleep 1000
  run -0 --separate-stderr ctr_ tasks exec --exec-id e1 "$ID" cat /proc/mounts
  holds "$output" '^/dev/(vd|sd)[a-z]+ / ext4 '
  run -0 ctr_ tasks exec --exec-id e2 "$ID" sh -c 'echo kept >/note; cat /note; sync'
  holds "$output" kept
  holds "$(open_snapshots)" "$POOL-snap|/dev/dm-"
  ctr_ tasks kill --signal SIGKILL "$ID"
  eventually task_is "$ID" STOPPED
  ctr_ tasks delete "$ID"
  expect "$(open_snapshots)" "" "devices that are held"
  ctr_ containers delete "$ID"
}

@test "a pod over CRI: each container's root file system is a disk that comes and goes" {
  import_images k8s.io
  local pod one
  pod=$(run_pod disks)
  one=$(run_in "$pod" disks one -- sh -c 'echo mine >/note; sleep 1000')
  run_in "$pod" disks two -- sleep 1000
  run -0 --separate-stderr cri exec "$one" cat /proc/mounts
  holds "$output" '^/dev/(vd|sd)[a-z]+ / ext4 '
  expect "$(cri exec "$one" cat /note)" mine
  cri stop "$one" 0
  cri rm "$one"
  one=$(run_in "$pod" disks one -- sleep 1000)
  run ! cri exec "$one" cat /note
  remove_pod "$pod"
  expect "$(open_snapshots)" "" "devices that are held"
}

@test "disable_block_device_use: the host mounts the device, and the machine shares the files" {
  config 'disable_block_device_use = true'
  pause_containerd
  resume_containerd
  import_images
  ctr_ run --snapshotter devmapper --runtime io.containerd.kata.v2 --detach localhost/busybox:test "$ID" sleep 1000
  run -0 --separate-stderr ctr_ tasks exec --exec-id e1 "$ID" cat /proc/mounts
  holds "$output" ' / (virtiofs|fuse|9p) '
  expect "$(open_snapshots)" "" "devices that QEMU holds"
  ctr_ tasks kill --signal SIGKILL "$ID"
  eventually task_is "$ID" STOPPED
  ctr_ tasks delete "$ID"
  ctr_ containers delete "$ID"
}
