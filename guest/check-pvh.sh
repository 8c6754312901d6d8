#!/usr/bin/env bash
# check-pvh.sh VMLINUX: fails, and says why, unless it is an ELF kernel that starts by its PVH note.
set -euo pipefail

fail() { echo "guest/check-pvh.sh: $*" >&2; exit 1; }
[ $# -eq 1 ] || fail "usage: check-pvh.sh VMLINUX"
readelf -hW "$1" 2>/dev/null | grep -q 'Type:.*EXEC' || fail "$1 is not an ELF executable"
# XEN_ELFNOTE_PHYS32_ENTRY, 18 (0x12): where a PVH boot begins. Without it QEMU refuses an ELF kernel.
readelf -nW "$1" | grep -q 'Xen .*(0x00000012)' || fail "$1 has no PVH note: the kernel lacks CONFIG_PVH"
