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
