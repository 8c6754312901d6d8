# shellcheck shell=bash
# Build the Debian packages kata-runtime, kata-guest and kata-deploy-tools (./dev deb [OUT], default build/packages; docs/packages.md)

# debian/ is copied to the build directory, so that nothing is made in the sources. The same commit gives the same bytes.
# KATA_PACKAGE_VERSION=0.2.0+1 makes packages of another version than the sources'.
out=$(realpath -m "${1:-$KATA_BUILD_DIR/packages}")
stage=$KATA_BUILD_DIR/deb/kata-cpp
. dev.d/release.bash

# prepare VERSION: $stage, with an entry of the changelog for this version.
prepare() {
  local released
  released=$(dpkg-parsechangelog --file "$KATA_SOURCE/debian/changelog" --show-field Version)
  [ "$released" = "$(source_version)" ] ||
    die "debian/changelog is of $released, CMakeLists.txt of $(source_version): add an entry to debian/changelog"
  rm -rf "${stage%/*}"
  mkdir -p "$stage"
  cp -a "$KATA_SOURCE/debian" "$stage/"
  [ "$1" != "$released" ] || return 0
  {
    printf 'kata-cpp (%s) unstable; urgency=medium\n\n  * Built from %s.\n\n' "$1" "$released"
    printf ' -- %s  %s\n\n' "$(sed -n 's/^Maintainer: //p' debian/control)" "$(date -uR -d "@$SOURCE_DATE_EPOCH")"
    cat debian/changelog
  } >"$stage/debian/changelog"
}

dev build programs
dev image
CCACHE_DIR=$(ccache --get-config cache_dir)
export CCACHE_DIR
prepare "${KATA_PACKAGE_VERSION:-$(source_version)}"
say "making the packages"
(cd "$stage" && quietly "$KATA_BUILD_DIR/log/deb.log" dpkg-buildpackage --build=binary --no-sign)
mkdir -p "$out"
rm -f "$out"/kata-{runtime,guest,deploy-tools}_*.deb
mv "${stage%/*}"/kata-*.deb "$out/"
rm -rf "${stage%/*}"
find "$out" -name 'kata-*.deb' -printf '%p\n' | sort
say "install them: apt install $out/kata-runtime_*.deb $out/kata-guest_*.deb"
