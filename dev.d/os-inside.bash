# os-inside.bash ROOT HOSTNAME DIRECTORY [BIND...] -- COMMAND...: the first process of ./dev os' namespaces makes what a machine has
# around the root file system, and runs the command there. BIND: a path that is the host's, or FROM=TO. $place: see os-root.bash.
# shellcheck shell=bash
set -euo pipefail

# copy: what is written goes to memory, and away with the namespace.
copy() {
  mount -t tmpfs -o mode=755,size=75% os "$place"
  mkdir "$place"/{upper,work,root}
  chmod --reference="$root" "$place/upper"
  mount -t overlay -o "lowerdir=$root,upperdir=$place/upper,workdir=$place/work" os "$place/root"
  root=$place/root
}

# system: as a machine has it. Snapshots and layers of engines cannot lie on an overlay.
system() {
  mount -t proc proc "$root/proc"
  mount --rbind /sys "$root/sys"
  mount --rbind /dev "$root/dev"
  [ ! -d /dev/shm ] || mount -t tmpfs -o mode=1777 shm "$root/dev/shm"
  cp --remove-destination "$(readlink -f /etc/resolv.conf)" "$root/etc/resolv.conf"
  mount -t tmpfs -o mode=755 run "$root/run"
  mkdir -m 1777 "$root/run/lock"
  [ -n "$place" ] || return 0
  mount -t tmpfs -o mode=1777 tmp "$root/tmp"
  local each
  for each in containerd containers docker; do
    mkdir -p "$root/var/lib/$each"
    mount -t tmpfs -o mode=711 "$each" "$root/var/lib/$each"
  done
}

bind() {
  if [ -d "${1%%=*}" ]; then mkdir -p "$root/${1#*=}"; fi
  mount --bind "${1%%=*}" "$root/${1#*=}"
}

main() {
  root=$1
  local directory=$3
  hostname "$2"
  shift 3
  # The binds are found below $place's parent, too: the copy comes first.
  if [ -n "$place" ]; then copy; else mount --bind "$root" "$root"; fi
  system
  while [ "$1" != -- ]; do
    bind "$1"
    shift
  done
  shift
  cd "$root"
  pivot_root . mnt # not chroot: runtimes do the same once more, and user namespaces need it
  cd "$directory" 2>/dev/null || cd /
  umount -l /mnt
  hash -r
  local status=0
  "$@" || status=$?
  exit "$status"
}
main "$@"
