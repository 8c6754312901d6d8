#!/usr/bin/env bats
# What ./dev install puts under a prefix: cmake/Install.cmake.

setup() {
  load lib/kata
  bats_require_minimum_version 1.5.0
  PREFIX=$BATS_TEST_TMPDIR/prefix
}

install_it() { cmake --install "$KATA_BUILD_DIR" --prefix "$PREFIX" >/dev/null; }

@test "an installed program is stripped, its debug information is beside it, and installing again changes nothing" {
  local program
  install_it
  cp -a "$PREFIX" "$PREFIX.first"
  install_it
  for program in kata-runtime containerd-shim-kata-v2; do
    # With the debug information they have 20 MB.
    [ "$(stat -c %s "$PREFIX/bin/$program")" -le $((6 << 20)) ]
    run -1 grep -E '\.(symtab|debug_info)' <(readelf -SW "$PREFIX/bin/$program")
    readelf -p .gnu_debuglink "$PREFIX/bin/$program" | grep -F "$program.debug"
    readelf -SW "$PREFIX/bin/.debug/$program.debug" | grep -F .debug_info
  done
  diff -r --no-dereference "$PREFIX.first" "$PREFIX"
}

@test "an installation is complete: programs, the stand-in, a kernel, its initrd, a root file system" {
  install_it
  for file in bin/kata-runtime bin/containerd-shim-kata-v2 libexec/kata-containers/kata-standin \
    libexec/kata-containers/kata-lookup-errors.so; do [ -x "$PREFIX/$file" ]; done
  for file in vmlinux.container kata-containers-initrd.img; do
    [ -f "$PREFIX/share/kata-containers/$file" ]
    [ ! -L "$PREFIX/share/kata-containers/$file" ]
    cmp "$KATA_SHARE/$file" "$PREFIX/share/kata-containers/$file"
  done
  [ -x "$PREFIX/share/kata-containers/busybox-rootfs/bin/busybox" ]
  diff -r "$KATA_SHARE/modules" "$PREFIX/share/kata-containers/modules"
  "$PREFIX/bin/kata-runtime" --version
}
