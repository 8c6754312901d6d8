#!/usr/bin/env bats
# What the fragments ask for is what the kernel gets, or an error that names it. Needs the kernel's source (./dev kernel).

setup() {
  bats_require_minimum_version 1.5.0
  load lib/kata
  GUEST=$BATS_TEST_DIRNAME/../../guest
  SOURCE=$(find "$KATA_CACHE_DIR/kernel-build" -maxdepth 1 -name 'source-*' -type d 2>/dev/null | head -n 1)
  OUT=$BATS_TEST_TMPDIR/out
}

# configure ARCH FRAGMENT...
configure() { "$GUEST/kernel-config.sh" "$SOURCE" "$OUT" "$@"; }

need_source() { [ -n "$SOURCE" ] || skip "no kernel source in $KATA_CACHE_DIR/kernel-build: ./dev kernel --config-only"; }

@test "every fragment, for x86_64, is met, and nothing is a module" {
  need_source
  mapfile -t fragments < <(find "$GUEST/kernel/fragments" -name '*.config' ! -name '*.arm64.config')
  configure x86_64 "${fragments[@]}"
  grep -qx CONFIG_PVH=y "$OUT/.config"
  run ! grep '=m$' "$OUT/.config"
}

@test "a symbol whose conditions are not met is named, with its fragment" {
  need_source
  printf '# needs hot-plug of memory\nCONFIG_64BIT=y\nCONFIG_VIRTIO_MEM=y\n' >"$BATS_TEST_TMPDIR/impossible.config"
  run -1 configure x86_64 "$BATS_TEST_TMPDIR/impossible.config"
  holds "$output" 'impossible\.config: CONFIG_VIRTIO_MEM=y was asked for, and came out as n'
  [[ $output != *CONFIG_64BIT* ]]
}

@test "a symbol that the source does not know is named as such" {
  need_source
  printf 'CONFIG_NO_SUCH_SYMBOL_OF_KATA=y\n' >"$BATS_TEST_TMPDIR/typo.config"
  run -1 configure x86_64 "$BATS_TEST_TMPDIR/typo.config"
  holds "$output" 'typo\.config: CONFIG_NO_SUCH_SYMBOL_OF_KATA=y .*no such symbol'
}

@test "a symbol that was to be left out, and is not, is named" {
  need_source
  printf 'CONFIG_64BIT=y\nCONFIG_X86_64=n\n' >"$BATS_TEST_TMPDIR/contrary.config"
  run -1 configure x86_64 "$BATS_TEST_TMPDIR/contrary.config"
  holds "$output" 'CONFIG_X86_64=n was asked for, and came out as y'
}

@test "two fragments that contradict each other, and a line that is none" {
  need_source
  printf 'CONFIG_SMP=y\n' >"$BATS_TEST_TMPDIR/a.config"
  printf 'CONFIG_SMP=n\n' >"$BATS_TEST_TMPDIR/b.config"
  run -1 configure x86_64 "$BATS_TEST_TMPDIR/a.config" "$BATS_TEST_TMPDIR/b.config"
  holds "$output" 'b\.config:1: CONFIG_SMP=n, but .*a\.config asks for CONFIG_SMP=y'
  printf '# fine\n\nSMP=y\n' >"$BATS_TEST_TMPDIR/c.config"
  run -1 configure x86_64 "$BATS_TEST_TMPDIR/c.config"
  holds "$output" 'c\.config:3: '
}

@test "./dev kernel fails when a fragment is not met, and names it" {
  need_source
  printf '# typo\nCONFIG_NO_SUCH_SYMBOL_OF_KATA=y\n' >"$BATS_TEST_TMPDIR/more.config"
  KATA_KERNEL_FRAGMENTS=$BATS_TEST_TMPDIR/more.config run -1 "$GUEST/../dev" kernel --config-only
  holds "$output" 'more\.config: CONFIG_NO_SUCH_SYMBOL_OF_KATA=y'
}

@test "every group of symbols says why: a comment stands above it" {
  local file
  for file in "$GUEST"/kernel/fragments/*.config; do
    awk -v file="$file" '
      /^#/ { reason = 1; next }
      /^$/ { reason = 0; next }
      /^CONFIG_[A-Z0-9_]+=/ { if (!reason) { print file ":" NR ": no reason"; bad = 1 } next }
      { print file ":" NR ": what is this?"; bad = 1 }
      END { exit bad }' "$file"
  done
}

@test "a kernel that is for nobody, and a directory that is no source, are clear errors" {
  run -1 "$GUEST/kernel-config.sh" "$BATS_TEST_TMPDIR" "$OUT" x86_64 "$GUEST"/kernel/fragments/00-base.config
  holds "$output" 'is no kernel source'
  run -1 "$GUEST/kernel-make.sh" --compiler sparc
  holds "$output" 'sparc'
}
