#!/usr/bin/env bash
# kernel.sh DEB DIRECTORY: unpack a linux-image package into DIRECTORY/vmlinux (an uncompressed ELF that starts by its
# PVH note), DIRECTORY/release and DIRECTORY/modules/. Nothing is installed, and no root is needed.
set -euo pipefail

fail() { echo "guest/kernel.sh: $*" >&2; exit 1; }
[ $# -eq 2 ] || fail "usage: kernel.sh DEB DIRECTORY"
package=$1 target=$2
here=$(dirname "$(readlink -f "$0")")

# number FILE OFFSET SIZE: a little-endian unsigned number of SIZE bytes.
number() { od -An -v -tu"$3" --endian=little -j"$2" -N"$3" "$1" | tr -d ' '; }

# The x86 boot protocol (Documentation/x86/boot.rst) says where the compressed kernel is in a bzImage:
# setup_sects at 0x1f1, payload_offset at 0x248 (from the end of the setup sectors), payload_length at 0x24c.
extract_vmlinux() {
  local image=$1 out=$2 start length magic tool
  [ "$(dd if="$image" bs=1 skip=514 count=4 status=none)" = HdrS ] || fail "$image is not a bzImage"
  start=$(( ($(number "$image" 0x1f1 1) + 1) * 512 + $(number "$image" 0x248 4) ))
  length=$(number "$image" 0x24c 4)
  magic=$(od -An -v -tx1 -j"$start" -N6 "$image" | tr -d ' ')
  case $magic in
    fd377a585a00) tool=xz ;;
    28b52ffd*) tool=zstd ;;
    1f8b*) tool=gzip ;;
    02214c18* | 04224d18*) tool=lz4 ;;
    *) fail "$image: unknown compression (first bytes $magic)" ;;
  esac
  # All but gzip are followed by 4 bytes of uncompressed size that their tools do not know.
  [ "$tool" = gzip ] || length=$((length - 4))
  dd if="$image" bs=1M iflag=skip_bytes,count_bytes skip="$start" count="$length" status=none | "$tool" -dc >"$out" ||
    fail "$image: $tool could not decompress the kernel"
}

work=$(mktemp -d "$target.XXXXXX")
trap 'rm -rf "$work"' EXIT
dpkg-deb --extract "$package" "$work/package"
images=("$work"/package/boot/vmlinuz-*)
[ -f "${images[0]}" ] || fail "$package holds no kernel (boot/vmlinuz-*)"
release=${images[0]##*/vmlinuz-}
extract_vmlinux "${images[0]}" "$work/whole"
"$here/trim-kernel.py" "$work/whole" "$work/vmlinux"
"$here/check-pvh.sh" "$work/vmlinux"
# From Debian 13 on, packages have their modules in /usr/lib, where /lib points.
[ -e "$work/package/lib" ] || ln -s usr/lib "$work/package/lib"
depmod -b "$work/package" "$release"

rm -rf "$target"
mkdir -p "$target"
mv "$work/vmlinux" "$target/vmlinux"
mv "$work/package/lib/modules/$release" "$target/modules"
echo "$release" >"$target/release"
