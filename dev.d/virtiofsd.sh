# shellcheck shell=bash
# Build virtio-fs' daemon in Rust for the tests, where cargo is (./dev virtiofsd)

# Debian 12 has the one in C. $KATA_CACHE_DIR/engines/virtiofsd-<version>/bin/virtiofsd appears when it is complete.
version=1.14.0
place=$KATA_CACHE_DIR/engines/virtiofsd-$version
left_out() { say "virtio-fs' daemon in Rust is left out: $*"; }

# build DIRECTORY
build() {
  quietly "$KATA_BUILD_DIR/log/virtiofsd.log" \
    env CARGO_TARGET_DIR="$1/target" cargo install --locked --root "$1" --version "$version" virtiofsd
  rm -rf "$1/target"
}

if [ ! -x "$place/bin/virtiofsd" ]; then
  command -v cargo >/dev/null || { left_out "there is no cargo"; return 0; }
  say "building virtiofsd $version; about two minutes of two processors"
  complete_directory "$place" build || { left_out "it could not be built (cargo of 2024 or later is needed)"; return 0; }
fi
echo "$place/bin/virtiofsd"
