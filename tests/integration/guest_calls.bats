#!/usr/bin/env bats
# The agent's calls that upstream's runtimes make, and no command line of ours, in a real machine.

setup() {
  load lib/kata
  load lib/storage
  common_setup
}
teardown() { common_teardown; }

@test "AddSwap makes a disk swap; ResizeVolume grows a file system to its disk, and says what it cannot do" {
  command -v mkfs.ext4 >/dev/null || skip "no mkfs.ext4 here"
  local swap=$BATS_TEST_TMPDIR/swap volume=$BATS_TEST_TMPDIR/volume
  truncate -s 64M "$swap"
  mkswap -q "$swap"
  mkfs.ext4 -q "$volume" 64M
  truncate -s 128M "$volume"
  mkdir "$BATS_TEST_TMPDIR/vm"
  run -0 --separate-stderr timeout -k 10 "$KATA_LIMIT" "$KATA_BUILD_DIR/tests/guest_calls" \
    "$KATA_SHARE/vmlinux.container" "$KATA_SHARE/kata-containers-initrd.img" "$BATS_TEST_TMPDIR/vm" "$swap" "$volume"
  expect "$(says swap-before)" 0
  expect "$(says swap-added)" ok
  expect "$(says swap-after)" $(((64 << 10) - 4)) "KiB: all but the first page"
  holds "$(says swap-on-a-volume)" 'swap on /dev/.*: Invalid argument'
  [ "$(says volume-before)" -le 64 ]
  expect "$(says volume-grown)" ok
  [ "$(says volume-after)" -gt 100 ]
  holds "$(says volume-shrunk)" 'cannot shrink'
  holds "$(says volume-in-memory)" 'cannot grow'
  expect "$(says volume-left)" ok
  # What the guest has grown is a whole file system.
  e2fsck -f -n "$volume"
}
