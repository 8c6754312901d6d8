#!/usr/bin/env bash
# initrd.sh KERNEL BUSYBOX OUT: the testbed's initrd: busybox, the modules of modules.list, init. KERNEL is what
# guest/kernel.sh made.
set -euo pipefail

fail() { echo "tests/testbed/initrd.sh: $*" >&2; exit 1; }
[ $# -eq 3 ] || fail "usage: initrd.sh KERNEL BUSYBOX OUT"
kernel=$1 busybox=$2 out=$3
here=$(dirname "$(readlink -f "$0")")
[ -x "$busybox" ] || fail "$busybox is missing (try: apt-get install busybox-static)"

umask 022
mkdir -p "$(dirname "$out")"
work=$(mktemp -d "$out.XXXXXX")
trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$root"/{bin,dev,proc,sys,lib/modules,lower,upper,new}
install -m 755 "$busybox" "$root/bin/busybox"
install -m 755 "$here/init" "$root/init"
"$here/../../guest/modules.sh" "$kernel" "$here/modules.list" "$root/lib/modules"
(cd "$root" && find . -mindepth 1 -printf '%P\n' | LC_ALL=C sort |
  cpio --quiet --create --format=newc --owner=0:0) >"$work/initrd"
mv "$work/initrd" "$out"
