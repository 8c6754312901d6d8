#!/usr/bin/env bats
# AppArmor around QEMU and virtio-fs' daemon, with the profiles of security/apparmor and a kernel that has it on. The
# profiles know what is installed and nothing of a build directory, so the runtime is installed here.

setup_file() {
  [ "${KATA_TESTBED:-}" = 1 ] || return 0
  cmake --install "$KATA_BUILD_DIR" --prefix /usr >/dev/null
  apparmor_parser -r -K "$PROFILES"
  chmod 666 /dev/kvm # QEMU is no root then, as where udev gives it a group
}
teardown_file() { [ "${KATA_TESTBED:-}" != 1 ] || chmod 600 /dev/kvm; }

PROFILES=$BATS_TEST_DIRNAME/../../security/apparmor/kata-runtime

setup() {
  load ../integration/lib/kata
  load ../integration/lib/bundle
  load lib/testbed
  testbed_setup
  export KATA_RUNTIME=/usr/bin/kata-runtime
  dmesg --clear
}
teardown() {
  dmesg | grep -E 'apparmor="DENIED".*kata-' >&2 || true # why a test failed
  apparmor_parser -r -K "$PROFILES"
  common_teardown
}

# nothing_denied: to none of our profiles.
nothing_denied() { run ! grep -E 'apparmor="DENIED".*profile="kata-' <(dmesg); }

# label_of PROGRAM: of that program of $ID.
label_of() { tr -d '\0' <"/proc/$(process_of "$1" "$ID")/attr/current"; }

a_pod_with() {
  config "$1"
  mkdir "$BATS_TEST_TMPDIR/volume"
  echo shared >"$BATS_TEST_TMPDIR/volume/file"
  busybox_bundle "$BUNDLE"
  edit_config "$BUNDLE" '.mounts += [{"destination": "/v", "type": "bind", "source": $v, "options": ["rbind", "rw"]}]' \
    --arg v "$BATS_TEST_TMPDIR/volume"
  kata run --detach --bundle "$BUNDLE" "$ID"
  expect "$(kata exec "$ID" sh -c 'cat /v/file; echo written >/v/new; mkdir /v/d; mv /v/new /v/d/; ln /v/d/new /v/l; chown 7 /v/l; mknod /v/n p; rm /v/n')" shared
  expect "$(cat "$BATS_TEST_TMPDIR/volume/l")" written
}

@test "the kernel has AppArmor on and the three profiles, and check says that it confines QEMU" {
  expect "$(cat /sys/module/apparmor/parameters/enabled)" Y
  run -0 cat /sys/kernel/security/apparmor/profiles
  for profile in kata-qemu kata-qemu-9p kata-virtiofsd; do holds "$output" "^$profile \(enforce\)\$"; done
  run -0 "$KATA_RUNTIME" check
  holds "$output" '^\[ok\] security module: AppArmor confines QEMU: kata-qemu'
}

@test "do works in the profile, and nothing is denied" {
  run -0 --separate-stderr kata_do -- uname -s
  expect "$output" Linux
  nothing_denied
}

@test "with virtio-fs, QEMU and the daemon have their profiles, files can be used, and doctor names both" {
  a_pod_with 'shared_fs = "virtio-fs"'
  expect "$(label_of qemu-system)" "kata-qemu (enforce)"
  expect "$(label_of virtiofsd)" "kata-virtiofsd (enforce)"
  run -0 kata doctor --security "$ID"
  holds "$output" 'qemu-system-x86_64 .* kata-qemu \(enforce\)'
  holds "$output" 'virtiofsd .* kata-virtiofsd \(enforce\)'
  expect "$(kata doctor --security --json "$ID" | jq -r '.processes[] | select(.program | startswith("qemu")) | .label')" "kata-qemu (enforce)"
  nothing_denied
  kata delete --force "$ID"
}

@test "with 9p, QEMU has the profile of a server of files" {
  a_pod_with 'shared_fs = "virtio-9p"'
  expect "$(label_of qemu-system)" "kata-qemu-9p (enforce)"
  nothing_denied
  kata delete --force "$ID"
}

@test "a disk that is plugged in is QEMU's, wherever its file lies" {
  load ../integration/lib/storage
  config ''
  busybox_bundle "$BUNDLE"
  loop_device
  add_block_device /dev/data rwm
  kata run --detach --bundle "$BUNDLE" "$ID"
  expect "$(label_of qemu-system | cut -d ' ' -f 2)" "(enforce)"
  expect "$(kata exec "$ID" head -c 5 /dev/data)" hello
  nothing_denied
  kata delete --force "$ID"
  losetup -d "$LOOP"
}

@test "a clone of a template has its profile, too" {
  export KATA_CONF_FILE=$BATS_TEST_TMPDIR/configuration.toml
  printf '[hypervisor.qemu]\n[factory]\nenable_template = true\ntemplate_path = "%s"\n' "$BATS_TEST_TMPDIR/templates" >"$KATA_CONF_FILE"
  run -0 kata factory init
  run -0 timeout -k 10 "$KATA_LIMIT" "$KATA_RUNTIME" --root "$KATA_ROOT" --log "$BATS_TEST_TMPDIR/log" "do" --volume "$BATS_TEST_TMPDIR:/data" -- ls /data
  holds "$output" configuration.toml
  holds "$(cat "$BATS_TEST_TMPDIR/log")" 'goes on from a template'
  holds "$(cat "$BATS_TEST_TMPDIR/log")" 'msg="confined" subsystem=qemu label="kata-qemu \(enforce\)"'
  nothing_denied
  run -0 kata factory destroy
}

@test "in the profiles no other file is read and no program started" {
  for profile in kata-qemu kata-qemu-9p kata-virtiofsd; do
    run -0 aa-exec -p "$profile" -- cat /usr/share/kata-containers/busybox-rootfs/etc/passwd
    run -1 aa-exec -p "$profile" -- cat /etc/shadow
    holds "$output" 'Permission denied'
    run -126 aa-exec -p "$profile" -- sh -c /bin/true
    run -1 aa-exec -p "$profile" -- mknod /usr/device c 1 3
    run ! aa-exec -p "$profile" -- unshare --mount true
  done
  run -0 grep -c 'DENIED.*name="/etc/shadow"' <(dmesg)
}

@test "without the profiles the machine starts, one line of the log says so, and check does" {
  apparmor_parser -R "$PROFILES"
  config 'shared_fs = "virtio-fs"'
  busybox_bundle "$BUNDLE"
  kata --log "$BATS_TEST_TMPDIR/log" run --detach --bundle "$BUNDLE" "$ID"
  expect "$(label_of qemu-system)" unconfined
  expect "$(grep -c 'AppArmor does not confine QEMU' "$BATS_TEST_TMPDIR/log")" 1
  run -0 "$KATA_RUNTIME" check
  holds "$output" 'AppArmor is on, but its profile kata-qemu is not loaded'
  kata delete --force "$ID"
}

@test "a machine with a file elsewhere starts without a profile, and says why" {
  cp /usr/share/kata-containers/vmlinux.container "$BATS_TEST_TMPDIR/vmlinux"
  config "kernel = \"$BATS_TEST_TMPDIR/vmlinux\""
  run -0 timeout -k 10 "$KATA_LIMIT" "$KATA_RUNTIME" --root "$KATA_ROOT" --log "$BATS_TEST_TMPDIR/log" "do" -- true
  holds "$(cat "$BATS_TEST_TMPDIR/log")" "AppArmor does not confine QEMU.*$BATS_TEST_TMPDIR/vmlinux"
}
