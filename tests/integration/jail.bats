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
  for file in /etc/passwd /root/.profile /proc/1 /bin/sh /usr/bin/env "$BATS_TEST_TMPDIR/elsewhere"; do
    [ ! -e "$root$file" ] || { echo "QEMU sees $file" >&2; return 1; }
  done
  run ! touch "$root/file" "$root/usr/lib/file"
  in_namespaces "$pid" pid ipc uts cgroup
}

# in_namespaces PID TYPE...: of its own, and the first of its processes.
in_namespaces() {
  local type
  for type in "${@:2}"; do [ "$(readlink "/proc/$1/ns/$type")" != "$(readlink "/proc/self/ns/$type")" ]; done
  expect "$(awk '/^NSpid:/ { print NF, $3 }' "/proc/$1/status")" "3 1"
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
  in_namespaces "$(qemu_pid "$ID")" user
  # And the shim has no more to do with modules (CAP_SYS_MODULE), though it goes on as root.
  expect "$((0x$(sed -nE 's/^CapPrm:\s*//p' "/proc/$(shim_pid "$ID")/status") >> 16 & 1))" 0
  run -0 kata doctor --security "$ID"
  holds "$output" "qemu-system-x86_64 +19[0-9]{8} +0 +yes +2 +own +cgroup,ipc,mnt,net,pid,user,uts"
  holds "$output" "virtiofsd +0 +8 +yes +1 +own +cgroup,ipc,mnt,net,pid,uts"
  expect "$(kata doctor --security --json "$ID" | jq -r '.processes[] | select(.program | startswith("qemu")) | .missing')" -
  # Not even the volume is in its sight: virtiofsd serves it.
  [ ! -e "/proc/$(qemu_pid "$ID")/root$BATS_TEST_TMPDIR/volume" ]
  local daemon
  daemon=$(process_of virtiofsd "$ID")
  in_namespaces "$daemon" pid ipc uts cgroup net
  expect "$(sed -nE 's/^(CapEff|CapBnd|NoNewPrivs|Seccomp):\s*/\1 /p' "/proc/$daemon/status" | xargs)" \
    "CapEff 00000000880000db CapBnd 0000000000000000 NoNewPrivs 1 Seccomp 2"
  [ ! -e "/proc/$daemon/root/etc" ]
  nothing_opens_a_device_in "/proc/$daemon/root"
  kata delete --force "$ID"
}

# nothing_opens_a_device_in DIRECTORY: of what is shared there, whoever makes one.
nothing_opens_a_device_in() {
  local volume
  volume=$(find "$1/" -maxdepth 1 -name '*-volume')
  [ -n "$volume" ]
  mknod "$volume/null" c 1 3
  if cat "$volume/null" 2>"$BATS_TEST_TMPDIR/said"; then return 1; fi
  holds "$(cat "$BATS_TEST_TMPDIR/said")" 'Permission denied'
}

@test "with 9p QEMU has the capabilities of a file server, and the pod's files beside its own" {
  a_pod_with 'shared_fs = "virtio-9p"'
  confined 0 "0000000000000000 000000008800001b"
  nothing_opens_a_device_in "/proc/$(qemu_pid "$ID")/root/shared"
  run -1 kata doctor --security "$ID"
  holds "$output" "qemu-system-x86_64: it is root"
  holds "$output" "qemu-system-x86_64: it has 6 capabilities"
  kata delete --force "$ID"
}

@test "without a jail the log says so, and check does" {
  a_pod_with $'shared_fs = "virtio-fs"\njail = false'
  [ -e "/proc/$(qemu_pid "$ID")/root/etc/passwd" ]
  run -0 --separate-stderr "$KATA_RUNTIME" check
  holds "$output" 'confinement.*not confined.*jail = false'
  run -1 kata doctor --security "$ID"
  holds "$output" 'qemu-system-x86_64: it sees the host.s files'
  kata delete --force "$ID"
}

@test "doctor wants to know what to look at, and a pod that runs" {
  run -1 kata doctor
  holds "$output" 'doctor --security'
  run -1 kata doctor --security "no-$ID"
  holds "$output" "there is no pod or container \"no-$ID\" that runs"
  holds "$output" "kata-runtime list"
}

@test "check says what confines QEMU" {
  : >"$KATA_CONF_FILE"
  run -0 --separate-stderr "$KATA_RUNTIME" check
  holds "$output" 'confinement.*root file system of its own'
}

@test "doctor shows what a pod's state is, whatever somebody made of another one's" {
  : >"$KATA_CONF_FILE"
  busybox_bundle "$BUNDLE"
  kata run --detach --bundle "$BUNDLE" "$ID"
  local other=/run/kata/$ID-fifo
  mkdir "$other"
  mkfifo "$other/state.json"
  run timeout 60 "$KATA_RUNTIME" --root "$KATA_ROOT" doctor --security
  rm -rf "$other"
  [ "$status" -lt 2 ]
  holds "$output" 'state.json is no regular file'
  holds "$output" "^$ID.* qemu-system-x86_64 "
  kata delete --force "$ID"
}
