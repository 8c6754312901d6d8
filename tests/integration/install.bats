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
  local release # of the modules, those of the installed kernel
  release=$(strings -n 8 "$KATA_SHARE/vmlinux.container" | sed -n 's/^Linux version \([^ ]*\) .*/\1/p' | head -n 1)
  for file in "$KATA_SHARE/modules"/*; do
    [ "${file##*/}" != "$release" ] || diff -r "$file" "$PREFIX/share/kata-containers/modules/$release"
    [ "${file##*/}" = "$release" ] || [ ! -e "$PREFIX/share/kata-containers/modules/${file##*/}" ]
  done
  "$PREFIX/bin/kata-runtime" --version
  for file in kata-runtime containerd-shim-kata-v2; do [ -f "$PREFIX/share/man/man8/$file.8" ]; done
}

@test "man pages and completion name every command and every option; the configuration file that is printed is one" {
  local command option
  install_it
  "$KATA_RUNTIME" --show-default-configuration >"$BATS_TEST_TMPDIR/configuration.toml"
  run -0 --separate-stderr "$KATA_RUNTIME" --config "$BATS_TEST_TMPDIR/configuration.toml" env
  run -1 grep -vE '^(#.*|\[.*\])?$' "$BATS_TEST_TMPDIR/configuration.toml"
  local count=0 completion=$PREFIX/share/bash-completion/completions/kata-runtime
  while read -r command; do
    sed 's/\\-/-/g' "$PREFIX/share/man/man8/kata-runtime.8" | grep -qE "^\.B kata-runtime $command( |$)"
    for option in $("$KATA_RUNTIME" "$command" --help | grep -oE '^  -[^ ]*' | tr , ' '); do
      sed 's/\\-/-/g' "$PREFIX/share/man/man8/kata-runtime.8" | grep -qF -- "$option"
      grep -E "^    $command( \\| .*)?\)" "$completion" | grep -qE -- "[\" ]${option}[\" ]"
    done
    count=$((count + 1))
  done < <("$KATA_RUNTIME" help | sed -n '/^Subcommands/,$ s/^  \([a-z]*\).*/\1/p')
  [ "$count" -gt 15 ]
  run -0 bash -c '. "$1"; COMP_WORDS=(kata-runtime do --vol) COMP_CWORD=2; _kata_runtime; echo "${COMPREPLY[@]}"' - "$completion"
  expect "$output" --volume
}
