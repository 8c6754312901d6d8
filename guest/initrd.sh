#!/usr/bin/env bash
# initrd.sh KERNEL AGENT BUSYBOX_ROOTFS LIST OUT: the guest's initrd, an uncompressed newc archive (the kernel unpacks
# it fastest). The same input gives the same bytes: sorted names, no times, no owners, renumbered inodes.
set -euo pipefail

fail() { echo "guest/initrd.sh: $*" >&2; exit 1; }
[ $# -eq 5 ] || fail "usage: initrd.sh KERNEL AGENT BUSYBOX_ROOTFS LIST OUT"
kernel=$1 agent=$2 busybox=$3 list=$4 out=$5
here=$(dirname "$(readlink -f "$0")")
[ -x "$agent" ] || fail "the agent $agent is missing (try: ./dev build)"
! readelf -lW "$agent" | grep -q INTERP || fail "$agent is not static: it could not start in the guest"

umask 022
mkdir -p "$(dirname "$out")"
work=$(mktemp -d "$out.XXXXXX")
trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$root"/{dev,etc,lib/modules,proc,run,sys,tmp,usr/share/kata-containers}
chmod 755 "$root"
chmod 1777 "$root/tmp"
install -m 755 "$agent" "$root/init"
strip --strip-all "$root/init"
"$here/../cmake/build-id.py" "$root/init"
if [ -d "$kernel/modules" ]; then
  "$here/modules.sh" "$kernel" "$list" "$root/lib/modules"
else
  # Our own kernel has everything built in. The agent looks here when somebody asks for a module.
  install -m 644 "$kernel/modules.builtin" "$root/lib/modules/"
fi
cp -a "$busybox" "$root/usr/share/kata-containers/busybox"

find "$root" -exec touch -h -d @0 {} +
(cd "$root" && find . -mindepth 1 -printf '%P\n' | LC_ALL=C sort |
  cpio --quiet --create --format=newc --reproducible --owner=0:0) >"$work/initrd"
chmod 644 "$work/initrd"
mv "$work/initrd" "$out"
