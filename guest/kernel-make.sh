#!/usr/bin/env bash
# kernel-make.sh SOURCE OBJECTS ARCH [ARGUMENT OF make]...: the kernel's own make, with the compiler for ARCH (x86_64 or
# arm64) and with nothing in the result that depends on who builds it, where or when.
# kernel-make.sh --compiler ARCH: that compiler, its version on the second line.
set -euo pipefail

fail() { echo "guest/kernel-make.sh: $*" >&2; exit 1; }

prefix_for() {
  case $1 in
    "$(uname -m)") echo ;;
    x86_64) echo x86_64-linux-gnu- ;;
    arm64) [ "$(uname -m)" = aarch64 ] || echo aarch64-linux-gnu- ;;
    *) fail "there is no configuration for \"$1\": x86_64 and arm64" ;;
  esac
}

if [ "${1:-}" = --compiler ] && [ $# -eq 2 ]; then
  compiler=$(prefix_for "$2")gcc
  echo "$compiler"
  command -v "$compiler" >/dev/null || fail "$compiler is missing (try: ./dev kernel --arch $2, which installs it)"
  LC_ALL=C "$compiler" --version | sed -n 1p
  exit
fi

[ $# -ge 3 ] || fail "usage: kernel-make.sh SOURCE OBJECTS ARCH [ARGUMENT]..."
source=$1 objects=$2 arch=$3
shift 3
prefix=$(prefix_for "$arch")
compiler=${prefix}gcc
! command -v ccache >/dev/null || compiler="ccache $compiler"
time_of_source=$(date -u -d "@$(stat -c %Y "$source/Makefile")")
exec make --no-print-directory -C "$source" O="$(readlink -f "$objects")" ARCH="$arch" CROSS_COMPILE="$prefix" CC="$compiler" \
  KBUILD_BUILD_USER=kata KBUILD_BUILD_HOST=kata KBUILD_BUILD_VERSION=1 KBUILD_BUILD_TIMESTAMP="$time_of_source" "$@"
