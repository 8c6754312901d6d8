#!/usr/bin/env bats
# What QEMU sees of the host, and what it may do there: docs/threat-model.md.

setup() {
  load lib/kata
  load lib/bundle
  common_setup
  export KATA_CONF_FILE=$BATS_TEST_TMPDIR/configuration.toml
  mkdir "$BATS_TEST_TMPDIR/volume"
  echo secret >"$BATS_TEST_TMPDIR/elsewhere"
  echo shared >"$BATS_TEST_TMPDIR/volume/file"
}
teardown() { common_teardown; }

# confined USER CAPABILITIES: the QEMU of $ID. What of the host's files it can reach is asked of its own root.
confined() {
  local pid root
  pid=$(qemu_pid "$ID")
  root=/proc/$pid/root
  holds "$(awk '/^Uid:/ { print $2 }' "/proc/$pid/status")" "^$1\$"
  expect "$(sed -nE 's/^Cap(Inh|Prm|Eff|Bnd|Amb):\s*//p' "/proc/$pid/status" | sort -u | xargs)" "$2"
  expect "$(sed -nE 's/^(NoNewPrivs|Seccomp):\s*/\1 /p' "/proc/$pid/status" | xargs)" "NoNewPrivs 1 Seccomp 2"
  [ "$1" != 0 ] || return 0
  for file in /etc/passwd /root/.profile /proc/1 /bin/sh /usr/bin/env "$BATS_TEST_TMPDIR/elsewhere"; do
    [ ! -e "$root$file" ] || { echo "QEMU sees $file" >&2; return 1; }
  done
  run ! touch "$root/file" "$root/usr/lib/file"
}

a_pod_with() {
  printf '[hypervisor.qemu]\n%s\n' "$1" >"$KATA_CONF_FILE"
  busybox_bundle "$BUNDLE"
  edit_config "$BUNDLE" '.mounts += [{"destination": "/v", "type": "bind", "source": $v, "options": ["rbind", "rw"]}]' \
    --arg v "$BATS_TEST_TMPDIR/volume"
  kata run --detach --bundle "$BUNDLE" "$ID"
  expect "$(kata exec "$ID" sh -c 'cat /v/file; echo written >/v/new')" shared
  expect "$(cat "$BATS_TEST_TMPDIR/volume/new")" written
}

@test "with virtio-fs QEMU has no capability, and nothing of the host but its own files and the machine's" {
  a_pod_with 'shared_fs = "virtio-fs"'
  confined "19[0-9]{8}" 0000000000000000
  # Not even the volume is in its sight: virtiofsd serves it.
  [ ! -e "/proc/$(qemu_pid "$ID")/root$BATS_TEST_TMPDIR/volume" ]
  kata delete --force "$ID"
}

@test "with 9p QEMU has the capabilities of a file server, and the host's files in sight" {
  a_pod_with 'shared_fs = "virtio-9p"'
  confined 0 "0000000000000000 000000008800001b"
  kata delete --force "$ID"
}

@test "without a jail the log says so, and check does" {
  a_pod_with $'shared_fs = "virtio-fs"\njail = false'
  [ -e "/proc/$(qemu_pid "$ID")/root/etc/passwd" ]
  run -0 --separate-stderr "$KATA_RUNTIME" check
  holds "$output" 'confinement.*not confined.*jail = false'
  kata delete --force "$ID"
}

@test "check says what confines QEMU" {
  : >"$KATA_CONF_FILE"
  run -0 --separate-stderr "$KATA_RUNTIME" check
  holds "$output" 'confinement.*root file system of its own'
}
