# shellcheck shell=bash
# Make the guest's kernel and initrd in build/share/ (./dev image [--update]; KATA_KERNEL=stock|own, see docs/kernel.md)

share=$KATA_BUILD_DIR/share/kata-containers

# auto: our own kernel once ./dev kernel has built it. Both are installed, each with its initrd, as vmlinux-NAME.container
# and kata-containers-initrd-NAME.img; the names without NAME are links to the chosen one.
choice=${KATA_KERNEL:-auto}
case $choice in
  auto | stock) ;;
  own) dev kernel ;;
  *) die "KATA_KERNEL=$choice is neither auto, stock nor own" ;;
esac

# The newest cached package; with --update, or with none, the one that Debian has now.
kernel_package() {
  local name
  name=$(newest_package linux-image-)
  if [ -n "$name" ] && [ "${1:-}" != --update ]; then
    echo "$name"
    return
  fi
  name=$(resolve_kernel) || true
  if [ -z "$name" ]; then
    quietly "$KATA_BUILD_DIR/log/apt-update.log" as_root apt-get update
    name=$(resolve_kernel)
  fi
  [ -n "$name" ] || die "apt knows no linux-image-amd64 (try: apt-get update; the main archive must be in sources.list)"
  download_package "$name"
  newest_package "${name}_"
}

# linux-image-amd64 is empty and depends on the kernel of the day.
resolve_kernel() {
  apt-cache depends linux-image-amd64 2>/dev/null | sed -n 's/^ *Depends: *\(linux-image-[0-9].*\)$/\1/p' | head -n 1
}

# fingerprint FILE...: one hash of the contents.
fingerprint() { cat "$@" | sha256sum | cut -c 1-32; }

# fresh STAMP KEY: true when STAMP says that the step was done with KEY.
fresh() { [ "$(cat "$1" 2>/dev/null)" = "$2" ]; }

# install_kernel NAME DIRECTORY KEY: DIRECTORY/vmlinux and an initrd for it.
install_kernel() {
  local name=$1 kernel=$2 key=$3 initrd=$share/kata-containers-initrd-$1.img initrd_key
  if ! fresh "$share/.vmlinux-$name" "$key"; then
    say "installing the guest kernel $(cat "$kernel/release")"
    cp "$kernel/vmlinux" "$share/vmlinux.new"
    mv "$share/vmlinux.new" "$share/vmlinux-$name.container"
    echo "$key" >"$share/.vmlinux-$name"
  fi
  initrd_key=$(fingerprint "$agent" "$KATA_SOURCE"/{guest/{initrd.sh,modules.sh,modules.list},cmake/build-id.py} <(echo "$key $busybox_key"))
  if [ ! -f "$initrd" ] || ! fresh "$share/.initrd-$name" "$initrd_key"; then
    say "making the initrd for $(cat "$kernel/release")"
    "$KATA_SOURCE/guest/initrd.sh" "$kernel" "$agent" "$share/busybox-rootfs" "$KATA_SOURCE/guest/modules.list" "$initrd"
    echo "$initrd_key" >"$share/.initrd-$name"
    say "$initrd: $(($(stat -c %s "$initrd") / 1024)) KiB"
  fi
}

# choose NAME: the links, replaced in one step each.
choose() {
  [ "$(readlink "$share/vmlinux.container")" != "vmlinux-$1.container" ] || return 0
  say "the guest's kernel is $1"
  local link
  for link in vmlinux.container:vmlinux-"$1".container kata-containers-initrd.img:kata-containers-initrd-"$1".img; do
    ln -sfn "${link#*:}" "$share/link.new"
    mv -fT "$share/link.new" "$share/${link%%:*}"
  done
}

# install_store NAME DIRECTORY: what a running guest may load, in modules/<release>/ beside the kernels.
install_store() {
  local name=$1 kernel=$2 key stamp=$share/.modules-$1
  key=$(fingerprint "$KATA_SOURCE"/guest/{modules.sh,module-store.sh,modules-on-demand.list} <(echo "$kernel"))
  if fresh "$stamp" "$key" && { [ ! -d "$kernel/modules" ] || [ -d "$share/modules/$(cat "$kernel/release")" ]; }; then return; fi
  say "collecting the modules that a guest with $(cat "$kernel/release") may load"
  "$KATA_SOURCE/guest/module-store.sh" "$kernel" "$KATA_SOURCE/guest/modules-on-demand.list" "$share/modules"
  echo "$key" >"$stamp"
}

dev build kata-agent
agent=$KATA_BUILD_DIR/bin/kata-agent
mkdir -p "$share" "$KATA_CACHE_DIR"
exec 8>"$KATA_CACHE_DIR/.lock"
flock 8

busybox_key=$(fingerprint /bin/busybox "$KATA_SOURCE/guest/busybox.sh")
if ! fresh "$share/.busybox" "$busybox_key"; then
  say "making the busybox root file system"
  "$KATA_SOURCE/guest/busybox.sh" /bin/busybox "$share/busybox-rootfs"
  echo "$busybox_key" >"$share/.busybox"
fi

package=$(kernel_package "$@")
stock_key=$(fingerprint "$package" "$KATA_SOURCE"/guest/{kernel.sh,check-pvh.sh,trim-kernel.py})
stock=$KATA_CACHE_DIR/kernel-$stock_key
if [ ! -f "$stock/release" ]; then
  say "unpacking the kernel of $(basename "$package")"
  "$KATA_SOURCE/guest/kernel.sh" "$package" "$stock"
fi
install_kernel stock "$stock" "$stock_key"
install_store stock "$stock"

own=$(dev kernel --which)
[ -z "$own" ] || { install_kernel own "$own" "${own##*guest-kernel-}"; install_store own "$own"; }
if [ "$choice" = stock ] || [ -z "$own" ]; then choose stock; else choose own; fi
