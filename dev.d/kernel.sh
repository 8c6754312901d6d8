# shellcheck shell=bash
# Build the guest's own kernel (./dev kernel [--arch arm64] [--config-only | --update | --costs [RUNS] | --clean])

# Built from Debian's source package and guest/kernel/fragments/, into $KATA_CACHE_DIR/guest-kernel-<hash of all that
# goes in>. docs/kernel.md says more.
series=linux-source-6.12
work=$KATA_CACHE_DIR/kernel-build${KATA_OS:+-$KATA_OS} # another Debian has another compiler, and another version of the source
arch=$(uname -m | sed s/aarch64/arm64/)
do_what=build
runs=9

usage() { die "usage: ./dev kernel [--arch x86_64|arm64] [--config-only | --update | --costs [RUNS] | --clean]"; }
while [ $# -gt 0 ]; do
  case $1 in
    --arch) [ $# -gt 1 ] || usage; arch=$2; shift ;;
    --config-only | --update | --clean | --which) do_what=${1#--} ;;
    --costs) do_what=costs; [[ ! ${2:-} =~ ^[0-9]+$ ]] || { runs=$2; shift; } ;;
    *) usage ;;
  esac
  shift
done
[ "$arch" = x86_64 ] || [ "$arch" = arm64 ] || die "there is no guest kernel for \"$arch\": x86_64 and arm64"

# The fragments of this architecture: NAME.config, NAME.<arch>.config; and those of $KATA_KERNEL_FRAGMENTS.
fragments() {
  find "$KATA_SOURCE/guest/kernel/fragments" -name '*.config' | grep -E "/[^/.]+(\.$arch)?\.config$" | LC_ALL=C sort
  # shellcheck disable=SC2086
  [ -z "${KATA_KERNEL_FRAGMENTS:-}" ] || printf '%s\n' $KATA_KERNEL_FRAGMENTS
}

patches() { find "$KATA_SOURCE/guest/kernel/patches" -name '*.patch' | LC_ALL=C sort; }

# source_package [--update]: the newest cached package, or the newest in the archive.
source_package() {
  local file version=""
  file=$(newest_package "$series")
  [ -n "$file" ] && [ "${1:-}" != --update ] && { echo "$file"; return; }
  [ "${1:-}" = --update ] || version=$(candidate)
  [ -n "$version" ] || { quietly "$KATA_BUILD_DIR/log/apt-update.log" as_root apt-get update; version=$(candidate); }
  [ -n "$version" ] || die "apt knows no $series (try: the security archive bookworm-security must be in sources.list)"
  download_package "$series=$version"
  newest_package "$series"
}
candidate() { apt-cache policy "$series" 2>/dev/null | sed -n 's/^ *Candidate: *\([0-9].*\)$/\1/p'; }

# version_of PACKAGE: 6.12.117-1~deb12u1
version_of() { dpkg-deb --field "$1" Version; }

# key VERSION: a hash of all that decides what the kernel is.
key() {
  local file
  {
    echo "$series $1 $arch"
    "$KATA_SOURCE/guest/kernel-make.sh" --compiler "$arch"
    for file in $(fragments) $(patches) "$KATA_SOURCE"/guest/{kernel-build,kernel-config,kernel-make,check-pvh}.sh; do
      echo "${file##*/}"
      cat "$file"
    done
  } | sha256sum | cut -c 1-32
}

# which_kernel: the directory of a finished kernel that this source tree would build, newest source first; or nothing.
# Needs neither network nor package.
which_kernel() {
  local each version
  while read -r version; do
    each=$KATA_CACHE_DIR/guest-kernel-$(key "$version")
    [ ! -f "$each/release" ] || { echo "$each"; return; }
  done < <(cat "$KATA_CACHE_DIR"/guest-kernel-*/source 2>/dev/null | sort -Vru)
}

# unpack PACKAGE: the source tree with our patches, once; those of other versions go.
unpack() {
  local source patch stamp
  source=$work/source-$(version_of "$1")
  stamp=$(patches | xargs cat | sha256sum)
  # Always at the same path: ccache then knows what the patches left alone.
  if [ "$stamp" != "$(cat "$source/.kata-patches" 2>/dev/null)" ]; then
    say "unpacking $(basename "$1")"
    rm -rf "$work"/source-* "$work"/objects-* "$work/costs/objects" # times of files would mislead make
    mkdir -p "$source.new"
    dpkg-deb --fsys-tarfile "$1" | tar -xO "./usr/src/$series.tar.xz" | xz -T0 -dc |
      tar -x --no-same-owner --strip-components=1 -C "$source.new" || die "$1 could not be unpacked"
    for patch in $(patches); do
      quietly "$KATA_BUILD_DIR/log/kernel-patch.log" patch -d "$source.new" -p1 --forward --no-backup-if-mismatch -i "$patch"
    done
    echo "$stamp" >"$source.new/.kata-patches"
    mv -T "$source.new" "$source"
  fi
  echo "$source"
}

prepare() {
  if [ "$arch" = arm64 ] && [ "$(uname -m)" != aarch64 ]; then dev setup gcc-aarch64-linux-gnu; else dev setup; fi
  mkdir -p "$work"
  exec 7>"$work/.lock"
  flock -n 7 || { say "waiting for another ./dev kernel, which uses $work"; flock 7; }
}

# build PACKAGE: prints the directory.
build() {
  local version source target
  version=$(version_of "$1")
  target=$KATA_CACHE_DIR/guest-kernel-$(key "$version")
  rm -rf "$KATA_CACHE_DIR"/guest-kernel-*.built* # of a build that was killed
  if [ ! -f "$target/release" ]; then
    source=$(unpack "$1") || exit 1
    say "building the guest kernel for $arch from $series $version; about 15 minutes of two processors from nothing"
    # shellcheck disable=SC2046
    "$KATA_SOURCE/guest/kernel-build.sh" "$source" "$work/objects-$arch" "$arch" "$target.built" $(fragments) >&2 7>&- || exit 1
    echo "$version" >"$target.built/source"
    mv -T "$target.built" "$target"
  fi
  echo "$target"
}

case $do_what in
  which) which_kernel; return ;;
  clean) prepare; rm -rf "$work"/source-* "$work"/objects-*; say "removed the source and objects in $work"; return ;;
esac
prepare
package=$(source_package "$([ "$do_what" != update ] || echo --update)") || exit 1
case $do_what in
  config-only)
    source=$(unpack "$package") || exit 1
    # shellcheck disable=SC2046
    "$KATA_SOURCE/guest/kernel-config.sh" "$source" "$work/config-$arch" "$arch" $(fragments)
    echo "$work/config-$arch/.config"
    ;;
  costs) . dev.d/kernel-costs.bash ;;
  *)
    target=$(build "$package") || exit 1
    say "the guest kernel $(cat "$target/release") for $arch is in $target"
    du -b "$target"/* | sort -rn | while read -r size file; do
      printf '  %-16s %8d KiB\n' "$(basename "$file")" $((size / 1024)) >&2
    done
    ;;
esac
