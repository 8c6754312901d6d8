# shellcheck shell=bash
# Bundles: a root file system and a config.json of the OCI runtime specification.

# busybox_bundle DIRECTORY [ARG...]: a bundle that runs ARG (default: sleep) with a copy of the busybox root file system.
busybox_bundle() {
  local directory=$1
  shift
  mkdir -p "$directory"
  cp -a "$KATA_SHARE/busybox-rootfs" "$directory/rootfs"
  write_config "$directory" "$@"
}

# debian_bundle DIRECTORY [ARG...]: the same with Debian (a minimal debootstrap, cached), read-only shared by all tests
# through a bind mount of their own; the caller unmounts DIRECTORY/rootfs.
debian_bundle() {
  local directory=$1
  shift
  mkdir -p "$directory/rootfs"
  mount --bind "$(debian_rootfs)" "$directory/rootfs"
  write_config "$directory" "$@"
}

# debian_rootfs: prints the directory; made once, with a lock because test files run side by side.
debian_rootfs() {
  local root=$KATA_CACHE_DIR/debian-rootfs
  mkdir -p "$KATA_CACHE_DIR"
  (
    flock 7
    [ -f "$root/.complete" ] && exit 0
    rm -rf "$root"
    debootstrap --variant=minbase --cache-dir="$(mkdir -p "$KATA_CACHE_DIR/debs" && echo "$KATA_CACHE_DIR/debs")" \
      bookworm "$root" http://deb.debian.org/debian >"$KATA_CACHE_DIR/debootstrap.log" 2>&1 ||
      { tail -n 20 "$KATA_CACHE_DIR/debootstrap.log" >&2; exit 1; }
    touch "$root/.complete"
  ) 7>"$KATA_CACHE_DIR/.debian.lock" || return 1
  echo "$root"
}

# in_pod DIRECTORY TYPE [ARG...]: a busybox bundle with CRI-O's annotations, of $POD.
in_pod() {
  local directory=$1 type=$2
  shift 2
  busybox_bundle "$directory" "$@"
  edit_config "$directory" '.annotations = {"io.kubernetes.cri-o.ContainerType": $type, "io.kubernetes.cri-o.SandboxID": $pod}' \
    --arg type "$type" --arg pod "$POD"
}

start_pod() {
  in_pod "$BUNDLE-pod" sandbox
  kata run --detach --bundle "$BUNDLE-pod" "$POD" >/dev/null 2>&1
}

# write_config DIRECTORY [ARG...]
write_config() {
  local directory=$1
  shift
  [ $# -gt 0 ] || set -- sleep 1000
  local args
  args=$(jq -cn '$ARGS.positional' --args -- "$@")
  jq --argjson args "$args" '.process.args = $args' "$(dirname "${BASH_SOURCE[0]}")/config.json" >"$directory/config.json"
}

# edit_config DIRECTORY FILTER [JQ-OPTION...]: change config.json with jq.
edit_config() {
  local directory=$1 filter=$2
  shift 2
  jq "$@" "$filter" "$directory/config.json" >"$directory/config.json.new"
  mv "$directory/config.json.new" "$directory/config.json"
}

# give_capabilities DIRECTORY "NAME...": these and no others, without their CAP_.
give_capabilities() {
  edit_config "$1" '($names | split(" ") | map("CAP_" + .)) as $list | .process.capabilities = {bounding: $list, effective: $list, permitted: $list}' \
    --arg names "$2"
}

# make_privileged DIRECTORY: what engines mean by that, but for the host's devices.
make_privileged() {
  give_capabilities "$1" "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP NET_BIND_SERVICE NET_BROADCAST \
NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE \
SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_ADMIN SYSLOG PERFMON BPF"
  edit_config "$1" '.process.noNewPrivileges = false | .linux.maskedPaths = [] | .linux.readonlyPaths = []
    | .linux.resources.devices = [{allow: true, access: "rwm"}]
    | (.mounts[] | select(.options != null) | .options) -= ["ro"]'
}

# use_kernel stock|own [LINES]: for this test, with more lines of [hypervisor.qemu].
use_kernel() {
  [ -f "$KATA_SHARE/vmlinux-$1.container" ] || skip "no kernel \"$1\": ./dev kernel; ./dev image"
  printf '[hypervisor.qemu]\nkernel = "%s"\ninitrd = "%s"\n%s\n' "$KATA_SHARE/vmlinux-$1.container" \
    "$KATA_SHARE/kata-containers-initrd-$1.img" "${2:-}" >"$BATS_TEST_TMPDIR/kata.toml"
  export KATA_CONF_FILE=$BATS_TEST_TMPDIR/kata.toml
}

# add_programs ROOT PROGRAM...: copies programs and libraries of this machine there, at the same path, with the libraries that they need.
add_programs() {
  local root=$1 program file
  shift
  for program in "$@"; do
    [ -f "$program" ] || { echo "$program is missing: ./dev setup" >&2; return 1; }
    for file in "$program" $(ldd "$program" | grep -oE '/[^ )]+'); do
      mkdir -p "$root$(dirname "$file")"
      cp -Lu "$file" "$root$file"
    done
  done
}
