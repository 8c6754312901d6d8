# shellcheck shell=bash
# Make the guest's kernel and initrd in build/share/ (./dev image [--update]: look for a newer kernel package)

share=$KATA_BUILD_DIR/share/kata-containers
packages=$KATA_CACHE_DIR/packages

# The newest cached package; with --update, or with none, the one that Debian has now.
kernel_package() {
  local name
  name=$(find "$packages" -name 'linux-image-*.deb' 2>/dev/null | sort -V | tail -n 1)
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
  mkdir -p "$packages.new"
  say "downloading $name"
  (cd "$packages.new" && quietly "$KATA_BUILD_DIR/log/apt-download.log" apt-get -o APT::Sandbox::User="$(id -un)" download "$name")
  mkdir -p "$packages"
  mv -f "$packages.new"/*.deb "$packages/" # complete files only
  rmdir "$packages.new"
  find "$packages" -name "${name}_*.deb" | sort -V | tail -n 1
}

# linux-image-amd64 is empty and depends on the kernel of the day.
resolve_kernel() {
  apt-cache depends linux-image-amd64 2>/dev/null | sed -n 's/^ *Depends: *\(linux-image-[0-9].*\)$/\1/p' | head -n 1
}

# fingerprint FILE...: one hash of the contents.
fingerprint() { cat "$@" | sha256sum | cut -c 1-32; }

# fresh STAMP KEY: true when STAMP says that the step was done with KEY.
fresh() { [ "$(cat "$1" 2>/dev/null)" = "$2" ]; }

dev build kata-agent
mkdir -p "$share" "$KATA_CACHE_DIR"
exec 8>"$KATA_CACHE_DIR/.lock"
flock 8

package=$(kernel_package "$@")
kernel_key=$(fingerprint "$package" "$KATA_SOURCE/guest/kernel.sh")
kernel=$KATA_CACHE_DIR/kernel-$kernel_key
if [ ! -f "$kernel/release" ]; then
  say "unpacking the kernel of $(basename "$package")"
  "$KATA_SOURCE/guest/kernel.sh" "$package" "$kernel"
fi
if ! fresh "$share/.vmlinux" "$kernel_key"; then
  say "installing the guest kernel $(cat "$kernel/release")"
  cp "$kernel/vmlinux" "$share/vmlinux.container.new"
  mv "$share/vmlinux.container.new" "$share/vmlinux.container"
  echo "$kernel_key" >"$share/.vmlinux"
fi

busybox_key=$(fingerprint /bin/busybox "$KATA_SOURCE/guest/busybox.sh")
if ! fresh "$share/.busybox" "$busybox_key"; then
  say "making the busybox root file system"
  "$KATA_SOURCE/guest/busybox.sh" /bin/busybox "$share/busybox-rootfs"
  echo "$busybox_key" >"$share/.busybox"
fi

agent=$KATA_BUILD_DIR/bin/kata-agent
initrd=$share/kata-containers-initrd.img
initrd_key=$(fingerprint "$agent" "$KATA_SOURCE"/guest/{initrd.sh,modules.sh,modules.list} <(echo "$kernel_key $busybox_key"))
if [ ! -f "$initrd" ] || ! fresh "$share/.initrd" "$initrd_key"; then
  say "making the initrd"
  "$KATA_SOURCE/guest/initrd.sh" "$kernel" "$agent" "$share/busybox-rootfs" "$KATA_SOURCE/guest/modules.list" "$initrd"
  echo "$initrd_key" >"$share/.initrd"
  say "$initrd: $(($(stat -c %s "$initrd") / 1024)) KiB"
fi
