#!/usr/bin/env bats
# Bad input: a clear error, the right status, nothing left behind.

setup() {
  load lib/kata
  load lib/bundle
  common_setup
}
teardown() { common_teardown; }

# refused PATTERN CMD...: fails with a small status and says PATTERN; nothing of the container exists afterwards.
refused() {
  local pattern=$1
  shift
  run "$@"
  [ "$status" -ne 0 ] || { echo "it succeeded: $*" >&2; return 1; }
  [ "$status" -ne 124 ] && [ "$status" -lt 128 ] || { echo "status $status of $*: $output" >&2; return 1; }
  holds "$output" "$pattern"
  [ ! -e "$KATA_ROOT/$ID" ] || { echo "$KATA_ROOT/$ID was left" >&2; return 1; }
}

@test "a bundle without config.json, without root, that does not exist" {
  refused 'bundle|no such|No such' kata create --bundle /no/such/bundle "$ID"
  mkdir -p "$BUNDLE"
  refused 'config.json' kata create --bundle "$BUNDLE" "$ID"
  busybox_bundle "$BUNDLE"
  rm -rf "$BUNDLE/rootfs"
  refused 'rootfs' kata create --bundle "$BUNDLE" "$ID"
}

@test "malformed and hostile JSON" {
  mkdir -p "$BUNDLE/rootfs"
  local text
  for text in '' '{' '[]' '"x"' 'null' '{"process": 5}' '{"ociVersion": "1.0.2", "process": {"args": "sh"}}' \
    '{"ociVersion": 7}' '{"ociVersion": "1.0.2", "process": {"args": [], "cwd": "/"}, "root": {"path": "rootfs"}}' \
    '{"ociVersion": "1.0.2", "process": {"args": ["sh"], "cwd": "/", "user": {"uid": 99999999999999999999999}}, "root": {"path": "rootfs"}}' \
    '{"ociVersion": "1.0.2", "process": {"args": ["sh"], "cwd": "/", "user": {"uid": -1}}, "root": {"path": "rootfs"}}' \
    '{"ociVersion": "9.0.0", "process": {"args": ["sh"], "cwd": "/"}, "root": {"path": "rootfs"}}' \
    '{"ociVersion": "1.0.2", "process": {"args": ["sh"], "cwd": "relative"}, "root": {"path": "rootfs"}}'; do
    printf '%s' "$text" >"$BUNDLE/config.json"
    refused '.' kata create --bundle "$BUNDLE" "$ID"
  done
  head -c 200000 /dev/zero | tr '\0' '[' >"$BUNDLE/config.json"
  refused 'config.json' kata create --bundle "$BUNDLE" "$ID"
  head -c 4096 /dev/urandom >"$BUNDLE/config.json"
  refused 'config.json' kata create --bundle "$BUNDLE" "$ID"
}

@test "ids that are not names" {
  busybox_bundle "$BUNDLE"
  local id
  for id in 'a/b' '../x' '..' '.' '' 'a b' $'a\nb' '/abs'; do
    refused 'id' kata create --bundle "$BUNDLE" "$id"
  done
  refused 'id' kata create --bundle "$BUNDLE" "$(printf 'x%.0s' $(seq 2000))"
}

@test "an unknown id: every command says so with status 1, exec with 255 as a command may have any" {
  local command
  for command in "state $ID" "start $ID" "kill $ID" "exec $ID true" "ps $ID" "pause $ID" "resume $ID" "delete $ID" "events --stats $ID" "update --pids-limit 5 $ID"; do
    local status_wanted=-1
    [[ $command != exec* ]] || status_wanted=-255
    # shellcheck disable=SC2086
    run "$status_wanted" kata $command
    holds "$output" "$ID.*(does not exist|not found)|(does not exist|not found).*$ID"
  done
}

@test "symbolic links and .. in the bundle do not lead out of the container's root" {
  busybox_bundle "$BUNDLE" sh -c 'echo inside; cat /escape/hostname-of-the-host 2>/dev/null; true'
  ln -s "$BATS_TEST_TMPDIR" "$BUNDLE/rootfs/escape"
  echo leaked >"$BATS_TEST_TMPDIR/hostname-of-the-host"
  mkdir "$BUNDLE/data"
  # A mount whose destination goes through the link must land inside the root, not on the host.
  edit_config "$BUNDLE" '.mounts += [{"destination": "/escape/../../../made", "type": "tmpfs", "source": "tmpfs"}]'
  run -0 --separate-stderr kata run --bundle "$BUNDLE" "$ID"
  holds "$output" inside
  [[ $output != *leaked* ]]
  [ ! -e "$BATS_TEST_TMPDIR/made" ] && [ ! -e /made ]
}

@test "a full disk: create fails and leaves nothing" {
  busybox_bundle "$BUNDLE"
  mkdir -p "$KATA_ROOT"
  mount -t tmpfs -o size=64k tmpfs "$KATA_ROOT"
  head -c 100000 /dev/zero >"$KATA_ROOT/.full" 2>/dev/null || true
  run kata create --bundle "$BUNDLE" "$ID"
  local got=$status
  rm -f "$KATA_ROOT/.full"
  local left
  left=$(ls -A "$KATA_ROOT")
  umount "$KATA_ROOT"
  [ "$got" -ne 0 ]
  holds "$output" 'No space left|ENOSPC|space'
  expect "$left" "" "what is left in the root"
}

# with_config TEXT: the configuration file of this test.
with_config() {
  printf '%b' "$1" >"$BATS_TEST_TMPDIR/kata.toml"
  export KATA_CONF_FILE=$BATS_TEST_TMPDIR/kata.toml
}

@test "a broken configuration file: the error names file and line" {
  busybox_bundle "$BUNDLE"
  with_config '[hypervisor.qemu]\npath = "unclosed\n'
  refused 'kata.toml.*2' kata create --bundle "$BUNDLE" "$ID"
  with_config '[hypervisor.qemu]\n\ndefault_memory = "much"\n'
  refused 'kata.toml.*3.*default_memory|default_memory.*kata.toml.*3' kata create --bundle "$BUNDLE" "$ID"
}

@test "an unknown configuration key is only a warning" {
  with_config '[hypervisor.qemu]\nno_such_key = 1\n'
  run -0 --separate-stderr kata_do -- echo fine
  expect "$output" fine
}

@test "a missing kernel, initrd, QEMU: the error names the file" {
  busybox_bundle "$BUNDLE"
  with_config '[hypervisor.qemu]\nkernel = "/no/such/kernel"\n'
  refused '/no/such/kernel' kata create --bundle "$BUNDLE" "$ID"
  with_config '[hypervisor.qemu]\ninitrd = "/no/such/initrd"\n'
  refused '/no/such/initrd' kata create --bundle "$BUNDLE" "$ID"
  with_config '[hypervisor.qemu]\npath = "/no/such/qemu"\n'
  refused '/no/such/qemu' kata create --bundle "$BUNDLE" "$ID"
  head -c 100000 /dev/urandom >"$BATS_TEST_TMPDIR/kernel"
  with_config "[hypervisor.qemu]\nkernel = \"$BATS_TEST_TMPDIR/kernel\"\n"
  refused 'kernel' kata create --bundle "$BUNDLE" "$ID"
}

@test "virtio-fs without a daemon says what to install or set" {
  busybox_bundle "$BUNDLE"
  with_config '[hypervisor.qemu]\nshared_fs = "virtio-fs"\nvirtio_fs_daemon = "/no/such/virtiofsd"\n'
  refused 'virtio' kata create --bundle "$BUNDLE" "$ID"
}

@test "too little memory for the initrd" {
  busybox_bundle "$BUNDLE"
  with_config '[hypervisor.qemu]\ndefault_memory = 40\n'
  refused 'memory' kata create --bundle "$BUNDLE" "$ID"
}

@test "a machine that never reaches its agent: reported with what the console said" {
  busybox_bundle "$BUNDLE"
  printf 'this is no initrd' >"$BATS_TEST_TMPDIR/initrd"
  with_config "[hypervisor.qemu]\ninitrd = \"$BATS_TEST_TMPDIR/initrd\"\n"
  refused 'panic|initrd' kata create --bundle "$BUNDLE" "$ID"
  # An init that does nothing: only a deadline can tell.
  mkdir -p "$BATS_TEST_TMPDIR/tree/bin"
  cp "$KATA_SHARE/busybox-rootfs/bin/busybox" "$BATS_TEST_TMPDIR/tree/bin/"
  printf '#!/bin/busybox sh\necho I am up and do nothing\nexec /bin/busybox sleep 100000\n' >"$BATS_TEST_TMPDIR/tree/init"
  chmod +x "$BATS_TEST_TMPDIR/tree/init"
  mkdir "$BATS_TEST_TMPDIR/tree/dev"
  mknod "$BATS_TEST_TMPDIR/tree/dev/console" c 5 1
  (cd "$BATS_TEST_TMPDIR/tree" && find . | cpio --quiet -o -H newc) >"$BATS_TEST_TMPDIR/initrd"
  with_config "[hypervisor.qemu]\ninitrd = \"$BATS_TEST_TMPDIR/initrd\"\n[agent.kata]\ndial_timeout = 1\n"
  refused 'I am up and do nothing|agent' kata create --bundle "$BUNDLE" "$ID"
}

@test "a configuration as it is in the field works" {
  with_config "[hypervisor.qemu]\npath = \"$(command -v qemu-system-x86_64)\"\nkernel = \"$KATA_SHARE/vmlinux.container\"
initrd = \"$KATA_SHARE/kata-containers-initrd.img\"\nmachine_type = \"q35\"\ndefault_vcpus = 1\ndefault_memory = 256
shared_fs = \"virtio-9p\"\ndisable_guest_selinux = true\nkernel_params = \"foo=bar\"\nenable_debug = true\n[agent.kata]\nenable_debug = true\n[runtime]\nenable_debug = true\ninternetworking_model = \"tcfilter\"\n"
  run -0 --separate-stderr kata_do -- cat /proc/cmdline
  holds "$output" 'foo=bar'
}
