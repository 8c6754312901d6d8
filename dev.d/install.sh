# shellcheck shell=bash
# Install under a prefix (./dev install [PREFIX], default /usr/local)

prefix=${1:-/usr/local}
dev build
dev image
share=share/kata-containers
install_tree() {
  set -e
  install -d "$2/bin" "$2/libexec/kata-containers" "$2/$3"
  install -m 755 "$1"/bin/{kata-runtime,containerd-shim-kata-v2} "$2/bin/"
  install -m 755 "$1/libexec/kata-containers/kata-standin" "$2/libexec/kata-containers/"
  install -m 644 "$1/$3"/{vmlinux.container,kata-containers-initrd.img} "$2/$3/"
  rm -rf "$2/$3/busybox-rootfs"
  cp -R --no-dereference --preserve=mode,links "$1/$3/busybox-rootfs" "$2/$3/"
}
owner=()
# A prefix of one's own needs no root.
if [ "$(id -u)" -ne 0 ] && ! { mkdir -p "$prefix" 2>/dev/null && [ -w "$prefix" ]; }; then owner=(as_root); fi
"${owner[@]}" bash -c "$(declare -f install_tree); install_tree \"\$@\"" install "$KATA_BUILD_DIR" "$prefix" "$share"
say "installed under $prefix: try $prefix/bin/kata-runtime check"
