# shellcheck shell=bash
# A pod of several containers, as containerd makes it, with volumes and disks. Needs lib/bundle and lib/storage.

storage_pod_setup() {
  VOLUMES=() DEVICE="" EDIT=""
  SHARED=$BATS_TEST_TMPDIR/shared-$ID
}

# with_volumes "SOURCE DESTINATION [OPTION]"..., with_device PATH ($LOOP): what the containers that are made next have.
with_volumes() { VOLUMES=("$@"); }
with_device() { DEVICE=$1; }

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

# container NAME SCRIPT [ROOTFS-TYPE SOURCE [OPTION]...]: created and started in the pod, its config.json changed by $EDIT.
container() {
  local name=$1 BUNDLE=$BATS_TEST_TMPDIR/$1-$ID
  busybox_bundle "$BUNDLE" sh -c "$2"
  shift 2
  if [ $# -gt 0 ]; then rm -rf "${BUNDLE:?}/rootfs/"*; fi
  shm_volume
  local volume
  # shellcheck disable=SC2086
  for volume in "${VOLUMES[@]}"; do add_volume $volume; done
  [ -z "${EDIT:-}" ] || edit_config "$BUNDLE" "$EDIT"
  [ -z "${DEVICE:-}" ] || add_block_device "$DEVICE" rwm
  task create "$name-$ID" "$BUNDLE" "$BATS_TEST_TMPDIR/$name.out" "$@"
  task start "$name-$ID"
}

# in_qemu PATH: the pod's machine has it open.
in_qemu() { find "/proc/$(qemu_pid "$ID")/fd" -lname "*$1" | grep -q .; }

output_of() { cat "$BATS_TEST_TMPDIR/$1.out"; }
