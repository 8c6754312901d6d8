# shellcheck shell=bash
# Install under a prefix (./dev install [PREFIX], default /usr/local)

prefix=${1:-/usr/local}
dev build programs
dev image
owner=()
# A prefix of one's own needs no root.
if [ "$(id -u)" -ne 0 ] && ! { mkdir -p "$prefix" 2>/dev/null && [ -w "$prefix" ]; }; then owner=(as_root); fi
# Which files, where: cmake/Install.cmake.
prefix=$(realpath -m "$prefix")
quietly "$KATA_BUILD_DIR/log/install.log" "${owner[@]}" cmake --install "$KATA_BUILD_DIR" --prefix "$prefix"
say "installed under $prefix: try $prefix/bin/kata-runtime check"
