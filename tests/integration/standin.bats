#!/usr/bin/env bats
# The process on the host that stands for a container, as an engine finds it: by its pid, through /proc/PID and its
# namespaces. It lives in the container's world, never in the host's.

setup() {
  load lib/kata
  load lib/bundle
  common_setup
}
teardown() {
  [ -z "${HOST_END:-}" ] || ip link del "$HOST_END" 2>/dev/null || true
  common_teardown
}

# inside PID NAMESPACE-OPTION... -- COMMAND...: as an engine's helper that enters by the pid.
inside() { nsenter -t "$@"; }

# nobody_is_in NAMESPACE: no process is in it, or holds it open.
nobody_is_in() {
  [ -z "$(find /proc -maxdepth 3 \( -path '*/ns/*' -o -path '*/fd/*' \) -lname "${1/\[/\\[}" 2>/dev/null)" ]
}

# start_container: as an engine does, which keeps the descriptors to itself.
start_container() {
  kata run --detach --bundle "$BUNDLE" "$ID" </dev/null >"$BATS_TEST_TMPDIR/out" 2>&1 ||
    { cat "$BATS_TEST_TMPDIR/out" >&2; return 1; }
}

namespace_of() { readlink "/proc/$1/ns/$2"; }

@test "no namespace of the host's; its own command line and name are the workload's" {
  busybox_bundle "$BUNDLE" sleep 4321
  edit_config "$BUNDLE" '.hostname = $h' --arg h "host-$ID"
  start_container
  local pid each
  pid=$(standin_pid "$ID")
  for each in mnt net pid ipc uts cgroup; do
    [ "$(namespace_of "$pid" "$each")" != "$(namespace_of $$ "$each")" ] || { echo "$each is the host's" >&2; return 1; }
  done
  expect "$(tr '\0' ' ' <"/proc/$pid/cmdline")" "sleep 4321 "
  expect "$(cat "/proc/$pid/comm")" sleep
  expect "$(inside "$pid" -u -- hostname)" "host-$ID"
  holds "$(cat "/proc/$pid/status")" 'CapEff:	0000000000000000'
  holds "$(cat "/proc/$pid/status")" 'CapPrm:	0000000000000000'
  [ "$(resident "$pid")" -le 1024 ] || { echo "stand-in: $(resident "$pid") KiB" >&2; return 1; }
  kata delete --force "$ID"
}

@test "its files are the container's: read, written, with the volumes; what only the guest has cannot be written" {
  busybox_bundle "$BUNDLE" sh -c 'echo guest >/etc/from-guest; echo guest >/tmp/memory; sleep 1000'
  mkdir -p "$BATS_TEST_TMPDIR/volume" "$BATS_TEST_TMPDIR/fixed"
  echo fixed >"$BATS_TEST_TMPDIR/fixed/file"
  ln -s "$BATS_TEST_TMPDIR/fixed" "$BUNDLE/rootfs/away"
  edit_config "$BUNDLE" '.root.readonly = false | .mounts += [
      {destination: "/data", type: "bind", source: $v, options: ["rbind", "rw"]},
      {destination: "/fixed", type: "bind", source: $f, options: ["rbind", "ro"]},
      {destination: "/etc/one", type: "bind", source: ($f + "/file"), options: ["bind", "ro"]},
      {destination: "/tmp", type: "tmpfs", source: "tmpfs", options: ["nosuid"]}]' \
    --arg v "$BATS_TEST_TMPDIR/volume" --arg f "$BATS_TEST_TMPDIR/fixed"
  start_container
  local pid
  pid=$(standin_pid "$ID")
  eventually test -s "/proc/$pid/root/etc/from-guest"
  expect "$(inside "$pid" -m -- /bin/busybox cat /etc/from-guest)" guest
  expect "$(inside "$pid" -m -- /bin/busybox cat /etc/one)" fixed
  expect "$(inside "$pid" -m -- /bin/busybox ls /)" "$(kata exec "$ID" ls /)"

  echo host >"/proc/$pid/root/etc/from-host"
  inside "$pid" -m -- /bin/busybox sh -c 'echo host >/data/from-host'
  expect "$(kata exec "$ID" cat /etc/from-host /data/from-host)" "$(printf 'host\nhost')"
  expect "$(cat "$BATS_TEST_TMPDIR/volume/from-host")" host

  run ! inside "$pid" -m -- /bin/busybox sh -c 'echo no >/fixed/new'
  run ! inside "$pid" -m -- /bin/busybox sh -c 'echo no >/tmp/new'
  run ! inside "$pid" -m -- /bin/busybox sh -c 'echo no >/dev/new'
  run ! inside "$pid" -m -- /bin/busybox cat /tmp/memory # the guest's memory is not here
  [ ! -e "$BUNDLE/rootfs/tmp/new" ]
  # A link of the image leads to nothing of the host's.
  run ! inside "$pid" -m -- /bin/busybox cat /away/file
  [ ! -e "/proc/$pid/root$BATS_TEST_TMPDIR" ]
  local mounts
  mounts=$(cut -d ' ' -f 5 "/proc/$pid/mountinfo")
  expect "$(head -n 1 <<<"$mounts")" /
  run ! grep -q "$BATS_TEST_TMPDIR" <<<"$mounts"
  kata delete --force "$ID"
}

@test "its processes are the container's, added ones among them" {
  busybox_bundle "$BUNDLE" sleep 4321
  start_container
  kata exec --detach --pid-file "$BATS_TEST_TMPDIR/exec" "$ID" sleep 1234 </dev/null >/dev/null 2>&1
  local pid added processes each
  pid=$(standin_pid "$ID")
  added=$(cat "$BATS_TEST_TMPDIR/exec")
  for each in mnt net pid ipc uts; do
    expect "$(namespace_of "$added" "$each")" "$(namespace_of "$pid" "$each")" "$each"
  done
  processes=$(inside "$pid" -m -p -- /bin/busybox ps -o pid,args)
  holds "$processes" '^ *1 sleep 4321$'
  holds "$processes" '^ *[0-9]+ sleep 1234$'
  expect "$(grep -c . <<<"$processes")" 4 "processes, ps and its header" # header, two, ps
  holds "$(kata ps --format json "$ID")" "$added"
  # The end of the first one is that of the others, and the status is the container's.
  kata kill "$ID" KILL
  eventually status_is "$ID" stopped
  eventually is_gone "$added"
  kata delete "$ID"
}

@test "an interface that is put into a fresh network between create and start is there when the workload begins" {
  busybox_bundle "$BUNDLE" sh -c 'ip address show dev eth0; ip route'
  kata create --bundle "$BUNDLE" "$ID" </dev/null >"$BATS_TEST_TMPDIR/out" 2>&1
  local pid inode
  pid=$(standin_pid "$ID")
  inode=$(namespace_of "$pid" net)
  expect "$(namespace_of "$(qemu_pid "$ID")" net)" "$inode" "the network of the machine"
  expect "$(inside "$pid" -n -- ip -o link show | grep -c .)" 1 "only the loopback"
  holds "$(inside "$pid" -n -- ip -o link show lo)" UP
  HOST_END=h$ID
  ip link add "$HOST_END" type veth peer name eth0 netns "$pid"
  ip link set "$HOST_END" up
  inside "$pid" -n -- ip address add 10.66.0.2/24 dev eth0
  inside "$pid" -n -- ip link set eth0 up
  inside "$pid" -n -- ip route add default via 10.66.0.1
  kata start "$ID"
  eventually status_is "$ID" stopped
  holds "$(cat "$BATS_TEST_TMPDIR/out")" 'inet 10.66.0.2/24'
  holds "$(cat "$BATS_TEST_TMPDIR/out")" 'default via 10.66.0.1 dev eth0'
  kata delete "$ID"
  gone() { ! ip link show dev "$HOST_END"; }
  eventually gone
  eventually nobody_is_in "$inode"
}

@test "killed together with the shim: the fresh network and every mount are gone" {
  busybox_bundle "$BUNDLE"
  start_container
  local pid network mounts
  pid=$(standin_pid "$ID")
  network=$(namespace_of "$pid" net)
  mounts=$(namespace_of "$pid" mnt)
  kill -9 "$(shim_pid "$ID")" "$pid"
  kata delete --force "$ID"
  eventually nobody_is_in "$network"
  eventually nobody_is_in "$mounts"
}

@test "without namespaces in the specification, and on a user's own terminal, the files are still the container's" {
  busybox_bundle "$BUNDLE"
  edit_config "$BUNDLE" 'del(.linux.namespaces)'
  start_container
  local pid each
  pid=$(standin_pid "$ID")
  for each in mnt net pid ipc uts; do
    [ "$(namespace_of "$pid" "$each")" != "$(namespace_of $$ "$each")" ] || { echo "$each is the host's" >&2; return 1; }
  done
  [ -e "/proc/$pid/root/bin/busybox" ]
  [ ! -e "/proc/$pid/root$BUNDLE" ]
  kata delete --force "$ID"
}
