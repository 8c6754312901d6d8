#!/usr/bin/env bats
# What security/ has for AppArmor and SELinux is what their compilers accept. What AppArmor makes of it, tests/testbed/apparmor.bats
# asks a kernel that has it on.

setup() {
  load lib/kata
  bats_require_minimum_version 1.5.0
  SOURCE=$BATS_TEST_DIRNAME/../..
  PROFILES=$SOURCE/security/apparmor/kata-runtime
  POLICY=$SOURCE/security/selinux/kata.te
  command -v apparmor_parser checkmodule semodule_package >/dev/null || skip "needs apparmor, checkpolicy, semodule-utils (./dev setup)"
}

parse() { apparmor_parser -Q -K --skip-kernel-load "$1"; }

@test "AppArmor: the three profiles are parsed, and one with a fault is not" {
  run -0 parse "$PROFILES"
  run -0 apparmor_parser --names "$PROFILES"
  expect "$(grep ^kata- <<<"$output" | xargs)" "kata-qemu kata-qemu-9p kata-virtiofsd"
  sed 's|/dev/kvm rw,|/dev/kvm rw|' "$PROFILES" >"$BATS_TEST_TMPDIR/broken"
  run ! parse "$BATS_TEST_TMPDIR/broken"
}

@test "AppArmor: no profile may run a program, use the network, mount, or administer anything" {
  run ! grep -E '^ *(network|mount|umount|pivot_root|dbus|change_profile|userns)\b' "$PROFILES"
  run ! grep -E 'capability (sys_admin|sys_module|sys_ptrace|net_admin|net_raw|sys_rawio|mac_admin)' "$PROFILES"
  # Permissions of files are the last word of a rule.
  run ! grep -E '^ *(owner )?/.* [a-z]*x[a-z]*,$' "$PROFILES"
  run ! grep -E '^ */\*\* ' "$PROFILES"
}

@test "SELinux: the policy module is compiled and packed, and one with an unknown type is not" {
  run -0 checkmodule -M -m -o "$BATS_TEST_TMPDIR/kata.mod" "$POLICY"
  run -0 semodule_package -o "$BATS_TEST_TMPDIR/kata.pp" -m "$BATS_TEST_TMPDIR/kata.mod"
  [ -s "$BATS_TEST_TMPDIR/kata.pp" ]
  { cat "$POLICY"; echo 'allow container_kvm_t no_such_t:fd use;'; } >"$BATS_TEST_TMPDIR/broken.te"
  run ! checkmodule -M -m -o "$BATS_TEST_TMPDIR/broken.mod" "$BATS_TEST_TMPDIR/broken.te"
}

@test "the package's script is content where there is no AppArmor" {
  [ ! -d /sys/kernel/security/apparmor ] || skip "AppArmor is on here"
  run -0 sh "$SOURCE/debian/kata-runtime.postinst" configure
  expect "$output" ""
}
