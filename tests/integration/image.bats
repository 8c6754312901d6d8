#!/usr/bin/env bats
# The guest image: reproducible, small, complete, made without root.

setup() {
  load lib/kata
  common_setup
  GUEST=$BATS_TEST_DIRNAME/../../guest
  # Debian's kernel: the one with modules.
  KERNEL=$KATA_CACHE_DIR/kernel-$(cat "$KATA_SHARE/.vmlinux-stock")
  [ -d "$KERNEL" ] || { echo "no unpacked kernel in $KATA_CACHE_DIR: ./dev image" >&2; return 1; }
}
teardown() { common_teardown; }

make_initrd() {
  "$GUEST/initrd.sh" "$KERNEL" "$KATA_BUILD_DIR/bin/kata-agent" "$1" "$GUEST/modules.list" "$2"
}

@test "the same input gives the same bytes, whoever makes it and when" {
  "$GUEST/busybox.sh" /bin/busybox "$BATS_TEST_TMPDIR/one"
  make_initrd "$BATS_TEST_TMPDIR/one" "$BATS_TEST_TMPDIR/one.img"
  sleep 1.1
  # Another owner, another umask, another time.
  (
    umask 077
    "$GUEST/busybox.sh" /bin/busybox "$BATS_TEST_TMPDIR/two"
    chown -hR 65534:65534 "$BATS_TEST_TMPDIR/two"
    make_initrd "$BATS_TEST_TMPDIR/two" "$BATS_TEST_TMPDIR/two.img"
  )
  cmp "$BATS_TEST_TMPDIR/one.img" "$BATS_TEST_TMPDIR/two.img"
  cmp "$BATS_TEST_TMPDIR/one.img" "$KATA_SHARE/kata-containers-initrd-stock.img"
}

@test "each kernel is an ELF with a PVH note, each initrd at most 12 MiB" {
  local kernel initrd
  for kernel in "$KATA_SHARE"/vmlinux*.container; do
    "$GUEST/check-pvh.sh" "$kernel"
    # No zeros that a loader makes itself: of Debian's kernel they were 30 MB.
    [ "$(stat -Lc %s "$kernel")" -le $((40 << 20)) ]
  done
  for initrd in "$KATA_SHARE"/kata-containers-initrd*.img; do
    [ "$(stat -Lc %s "$initrd")" -le $((12 * 1024 * 1024)) ]
    [ "$(cpio --quiet -t <"$initrd" | grep -cx init)" -eq 1 ]
  done
}

@test "every early module is there, and comes after what it needs" {
  mkdir "$BATS_TEST_TMPDIR/x"
  (cd "$BATS_TEST_TMPDIR/x" && cpio --quiet -id <"$KATA_SHARE/kata-containers-initrd-stock.img" 'lib/modules/*')
  local path seen="" need
  while read -r path; do
    [ -f "$BATS_TEST_TMPDIR/x$path" ]
    for need in $(modinfo -F depends "$BATS_TEST_TMPDIR/x$path" | tr ',' ' '); do
      [[ " $seen " == *" ${need//-/_} "* ]] || { echo "$path before $need" >&2; return 1; }
    done
    seen+=" $(basename "$path" .ko)"
  done <"$BATS_TEST_TMPDIR/x/lib/modules/kata.load"
  [[ $seen == *virtio_console* ]]
}

@test "a file that is no kernel package, and a list with an unknown module, are clear errors" {
  echo nothing >"$BATS_TEST_TMPDIR/x.deb"
  run ! "$GUEST/kernel.sh" "$BATS_TEST_TMPDIR/x.deb" "$BATS_TEST_TMPDIR/kernel"
  [ ! -e "$BATS_TEST_TMPDIR/kernel" ]
  echo no_such_module >"$BATS_TEST_TMPDIR/list"
  run ! "$GUEST/modules.sh" "$KERNEL" "$BATS_TEST_TMPDIR/list" "$BATS_TEST_TMPDIR/modules"
  holds "$output" no_such_module
}

@test "what a guest may load: the same input gives the same bytes, and every module that one needs is there" {
  local directory=$BATS_TEST_TMPDIR/store dep need
  "$GUEST/module-store.sh" "$KERNEL" "$GUEST/modules-on-demand.list" "$directory"
  diff -r "$directory/$(cat "$KERNEL/release")" "$KATA_SHARE/modules/$(cat "$KERNEL/release")"
  cd "$directory"/*
  while read -r dep need; do
    for need in ${dep%:} $need; do [ -f "$need" ] || { echo "$dep needs $need" >&2; return 1; }; done
  done <modules.dep
  # Parameters of the list are words that their modules know.
  while read -r _ dep need; do modinfo -F parm "$dep.ko" | grep -q "^${need%%=*}:"; done <modules.options
  for need in bridge vxlan wireguard nft_compat xt_MASQUERADE iptable_nat overlay fuse; do grep -q "^$need.ko:" modules.dep; done
  run -1 grep -E '^(nfs|cifs|kvm|e1000)' modules.dep
  echo 'no_such_*' >"$BATS_TEST_TMPDIR/list"
  run ! "$GUEST/module-store.sh" "$KERNEL" "$BATS_TEST_TMPDIR/list" "$BATS_TEST_TMPDIR/other"
  holds "$output" 'no_such_\*'
}
