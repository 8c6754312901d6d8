# shellcheck shell=bash
# Make the root file system with what people run in containers, for tests/inside (./dev inside)

# Debian 12 with the packages of tests/inside/packages.txt, as $KATA_CACHE_DIR/os-inside-<hash>; its path is printed.
if [ "$(id -u)" -ne 0 ]; then
  as_root env KATA_BUILD_DIR="$KATA_BUILD_DIR" KATA_CACHE_DIR="$KATA_CACHE_DIR" "$KATA_SOURCE/dev" inside
  return
fi
name=inside suite=bookworm
wanted_packages() { packages_of 12 "$KATA_SOURCE/tests/inside/packages.txt"; }
. dev.d/os-root.bash
root=$KATA_CACHE_DIR/os-$name-$(root_key)
make_root >&2
touch "$root"
echo "$root"
