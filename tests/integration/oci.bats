#!/usr/bin/env bats
# What config.json asks of a Linux container holds in the guest. One machine per group.

setup() {
  load lib/kata
  load lib/bundle
  load lib/storage
  common_setup
  storage_setup
}
teardown() {
  storage_teardown
  common_teardown
}

@test "binds of the host's cgroups are the container's own, and without a UTS namespace it has the host's name" {
  busybox_bundle "$BUNDLE" sh -c 'mkdir /sys/fs/cgroup/x && grep -c pids /sys/fs/cgroup/cgroup.controllers /other/cgroup.controllers
    ls -d /sys/fs/cgroup/systemd /sys/fs/cgroup/memory; mkdir /other/y; hostname'
  edit_config "$BUNDLE" '.mounts |= map(select(.destination != "/sys/fs/cgroup")) + [
      {destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "noexec", "nodev", "relatime", "ro"]},
      {destination: "/sys/fs/cgroup/systemd", type: "bind", source: "/sys/fs/cgroup/systemd", options: ["bind", "nosuid"]},
      {destination: "/other", type: "bind", source: "/sys/fs/cgroup/memory", options: ["rbind", "ro"]}]
    | .linux.namespaces |= map(select(.type != "uts")) | del(.hostname)'
  run -0 --separate-stderr kata run --bundle "$BUNDLE" "$ID"
  # shellcheck disable=SC2154 # stderr is bats'
  holds "$stderr" 'Read-only file system'
  expect "$output" "/sys/fs/cgroup/cgroup.controllers:1
/other/cgroup.controllers:1
$(hostname)"
  kata delete --force "$ID" 2>/dev/null || true
}

@test "process: user, groups, umask, rlimits, capabilities, no_new_privs, oom_score_adj, cwd, hostname" {
  busybox_bundle "$BUNDLE"
  edit_config "$BUNDLE" '.process.user = {"uid": 1000, "gid": 1001, "additionalGids": [5, 2000], "umask": 63}
    | .process.cwd = "/var/tmp" | .process.oomScoreAdj = 321 | .hostname = "in-a-vm"
    | .process.rlimits = [{"type": "RLIMIT_NOFILE", "soft": 512, "hard": 1024}, {"type": "RLIMIT_CORE", "soft": 0, "hard": 0}]
    | .process.capabilities = {"bounding": ["CAP_NET_RAW", "CAP_KILL"], "permitted": ["CAP_NET_RAW"], "effective": ["CAP_NET_RAW"], "inheritable": ["CAP_NET_RAW"], "ambient": ["CAP_NET_RAW"]}'
  in_container 'echo uid=$(id -u); echo gid=$(id -g); echo groups=$(id -G); echo umask=$(umask); echo cwd=$(pwd)
    echo soft=$(ulimit -Sn); echo hard=$(ulimit -Hn); echo core=$(ulimit -c); echo oom=$(cat /proc/self/oom_score_adj); echo host=$(hostname)
    for c in Inh Prm Eff Bnd Amb; do echo $c=$(sed -n "s/^Cap$c:[[:space:]]*//p" /proc/self/status); done
    echo nnp=$(sed -n "s/^NoNewPrivs:[[:space:]]*//p" /proc/self/status)
    echo pid=$$'
  expect "$(says uid)" 1000
  expect "$(says gid)" 1001
  holds "$(says groups)" '(^| )2000( |$)'
  holds "$(says groups)" '(^| )5( |$)'
  expect "$((8#$(says umask)))" 63 umask
  expect "$(says cwd)" /var/tmp
  expect "$(says soft)/$(says hard)/$(says core)" 512/1024/0 rlimits
  expect "$(says oom)" 321
  expect "$(says host)" in-a-vm
  expect "$(says Bnd)" 0000000000002020
  for set in Inh Prm Eff Amb; do expect "$(says "$set")" 0000000000002000 "$set"; done
  expect "$(says nnp)" 1
  expect "$(says pid)" 1
}

@test "files: read-only root, masked and read-only paths, tmpfs, bind mounts, a bound file, devices" {
  busybox_bundle "$BUNDLE"
  mkdir -p "$BUNDLE/data" "$BUNDLE/fixed" "$BUNDLE/rootfs/data" "$BUNDLE/rootfs/fixed" "$BUNDLE/rootfs/secret"
  echo hello >"$BUNDLE/data/in"
  echo fixed >"$BUNDLE/fixed/in"
  echo one-file >"$BUNDLE/single"
  echo secret >"$BUNDLE/rootfs/secret/file"
  edit_config "$BUNDLE" '.root.readonly = true
    | .mounts += [{"destination": "/scratch", "type": "tmpfs", "source": "tmpfs", "options": ["size=1m", "mode=1777", "noexec"]},
        {"destination": "/data", "type": "bind", "source": $data, "options": ["rbind", "rw"]},
        {"destination": "/fixed", "type": "bind", "source": $fixed, "options": ["rbind", "ro"]},
        {"destination": "/etc/single", "type": "bind", "source": $single, "options": ["bind", "ro"]}]
    | .linux.maskedPaths += ["/secret", "/etc/shadow"] | .linux.readonlyPaths += ["/data/locked"]
    | .linux.devices = [{"path": "/dev/mine", "type": "c", "major": 1, "minor": 5, "fileMode": 438, "uid": 7, "gid": 8}]
    | .linux.resources.devices += [{"allow": true, "type": "c", "major": 1, "minor": 5, "access": "rwm"}]' \
    --arg data "$BUNDLE/data" --arg fixed "$BUNDLE/fixed" --arg single "$BUNDLE/single"
  touch "$BUNDLE/rootfs/etc/single"
  mkdir "$BUNDLE/data/locked"
  in_container 'try() { if "$@" 2>/dev/null; then echo yes; else echo no; fi; }
    echo root=$(try touch /new); echo scratch=$(try touch /scratch/new); echo data=$(cat /data/in); echo out >/data/out
    echo fixed=$(cat /fixed/in); echo fixedw=$(try touch /fixed/new); echo single=$(cat /etc/single)
    echo secret=$(ls /secret | wc -l); echo shadow=$(cat /etc/shadow | wc -c); echo locked=$(try touch /data/locked/new)
    echo mine=$(stat -c "%F %t %T %a %u %g" /dev/mine); echo zeros=$(head -c 4 /dev/mine | od -An -tx1 | tr -d " ")
    echo full=$(try dd if=/dev/zero of=/scratch/big bs=64k count=32); echo nodes=$(ls /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty /dev/ptmx | wc -l)
    echo links=$(readlink /dev/stdin) ; echo procsys=$(try sh -c "echo 1 >/proc/sys/kernel/panic"); echo kcore=$(head -c 1 /proc/kcore 2>/dev/null | wc -c)
    echo denied=$(mknod /scratch/kmsg c 1 11 && try head -c 1 /scratch/kmsg)'
  expect "$(says root)" no "the root is read-only"
  expect "$(says scratch)" yes "tmpfs is writable"
  expect "$(says data)" hello
  expect "$(cat "$BUNDLE/data/out")" out
  expect "$(says fixed)" fixed
  expect "$(says fixedw)" no "read-only bind"
  expect "$(says single)" one-file
  expect "$(says secret)" 0 "masked directory"
  expect "$(says shadow)" 0 "masked file"
  expect "$(says locked)" no "read-only path"
  expect "$(says mine)" "character special file 1 5 666 7 8"
  expect "$(says zeros)" 00000000
  expect "$(says full)" no "tmpfs size"
  expect "$(says nodes)" 7 "default devices"
  expect "$(says links)" /proc/self/fd/0
  expect "$(says procsys)" no
  expect "$(says kcore)" 0
  holds "$(says denied)" '^(no)?$'
}

@test "namespaces, sysctls, cgroup limits" {
  busybox_bundle "$BUNDLE"
  edit_config "$BUNDLE" '.linux.sysctl = {"net.ipv4.ip_forward": "1", "kernel.shmmax": "12345678"}
    | .linux.resources.memory = {"limit": 50331648} | .linux.resources.pids = {"limit": 33}
    | .linux.resources.cpu = {"quota": 30000, "period": 100000, "shares": 512}'
  in_container 'echo forward=$(cat /proc/sys/net/ipv4/ip_forward); echo shm=$(cat /proc/sys/kernel/shmmax)
    echo memory=$(cat /sys/fs/cgroup/memory.max); echo pids=$(cat /sys/fs/cgroup/pids.max); echo cpu=$(cat /sys/fs/cgroup/cpu.max)
    echo weight=$(cat /sys/fs/cgroup/cpu.weight); echo cgroup=$(cat /proc/self/cgroup); echo lo=$(ip -o link show lo | grep -c UP)
    echo processes=$(ls -d /proc/[0-9]* | wc -l); echo cgrw=$(mkdir /sys/fs/cgroup/x 2>/dev/null && echo yes || echo no)'
  expect "$(says forward)" 1
  expect "$(says shm)" 12345678
  expect "$(says memory)" 50331648
  expect "$(says pids)" 33
  expect "$(says cpu)" "30000 100000"
  expect "$(says weight)" 20
  expect "$(says cgroup)" "0::/" "a cgroup namespace of its own"
  [ "$(says processes)" -lt 10 ]
  expect "$(says cgrw)" no
}

@test "seccomp: an action with an errno" {
  busybox_bundle "$BUNDLE"
  edit_config "$BUNDLE" '.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"],
    "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28}]}'
  printf '[runtime]\ndisable_guest_seccomp = false\n' >"$BATS_TEST_TMPDIR/kata.toml"
  export KATA_CONF_FILE="$BATS_TEST_TMPDIR/kata.toml"
  in_container 'mkdir /tmp/x 2>&1; echo mode=$(sed -n "s/^Seccomp:[[:space:]]*//p" /proc/self/status)'
  holds "$output" 'No space left'
  expect "$(says mode)" 2
}

@test "orphans are reaped and the container's end ends all of its processes" {
  busybox_bundle "$BUNDLE" sh -c 'trap "exit 0" TERM; while :; do sleep 0.1; done'
  kata run --detach --bundle "$BUNDLE" "$ID"
  kata exec "$ID" sh -c '(sleep 0.2 &) ; (setsid sleep 0.2 &)'
  zombies() { [ "$(kata exec "$ID" sh -c 'grep -l "State:.Z" /proc/[0-9]*/status 2>/dev/null | wc -l')" -eq 0 ]; }
  sleep 1
  kata kill "$ID" TERM
  eventually status_is "$ID" stopped
  kata delete "$ID"
}

@test "many open files are allowed: the guest clamps what the host asks" {
  busybox_bundle "$BUNDLE"
  edit_config "$BUNDLE" '.process.rlimits = [{"type": "RLIMIT_NOFILE", "soft": 1073741816, "hard": 1073741816}, {"type": "RLIMIT_NPROC", "soft": 4611686018427387904, "hard": 4611686018427387904}]'
  in_container 'echo files=$(ulimit -n)'
  [ "$(says files)" -ge 1024 ]
}

# with_user_namespace: the bundle's root file system belongs to a user that is nobody outside.
with_user_namespace() {
  chown -R 100000:200000 "$BUNDLE/rootfs"
  edit_config "$BUNDLE" '.linux.namespaces += [{"type": "user"}]
    | .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}]
    | .linux.gidMappings = [{"containerID": 0, "hostID": 200000, "size": 65536}]'
}

@test "a user namespace: host name, message queues, sysctls, streams and devices are the container's" {
  busybox_bundle "$BUNDLE"
  with_user_namespace
  edit_config "$BUNDLE" '.hostname = "inside" | .process.user = {"uid": 1000, "gid": 1000}
    | .mounts |= map(select(.destination != "/dev/mqueue")) + [{"destination": "/dev/mqueue", "type": "mqueue", "source": "mqueue", "options": ["nosuid", "noexec", "nodev"]}]
    | .linux.sysctl = {"net.ipv4.ip_unprivileged_port_start": "80", "kernel.shm_rmid_forced": "1"}
    | .linux.devices = [{"path": "/dev/fifo", "type": "p", "uid": 1000}]'
  in_container 'echo host=$(hostname); echo queues=$(grep -c " /dev/mqueue mqueue " /proc/mounts); echo map=$(cat /proc/self/uid_map)
    echo opened=yes >/dev/stdout; echo port=$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)
    echo shm=$(cat /proc/sys/kernel/shm_rmid_forced); echo zeros=$(head -c 3 /dev/zero | wc -c); echo x >/dev/null && echo null=yes
    echo fifo=$(stat -c "%F %u" /dev/fifo)'
  expect "$(says host)" inside
  expect "$(says queues)" 1
  expect "$(says map | xargs)" "0 100000 65536"
  expect "$(says opened)" yes "a stream is opened by its name"
  expect "$(says port)/$(says shm)" 80/1 sysctls
  expect "$(says zeros)/$(says null)" 3/yes devices
  expect "$(says fifo)" "fifo 1000"
}

@test "fields of newer specifications work; what cannot is named" {
  busybox_bundle "$BUNDLE"
  edit_config "$BUNDLE" '.linux.personality = {"domain": "LINUX32"} | .process.scheduler = {"policy": "SCHED_BATCH", "nice": 7}
    | .process.ioPriority = {"class": "IOPRIO_CLASS_IDLE", "priority": 0} | .linux.namespaces += [{"type": "time"}]
    | .linux.timeOffsets = {"boottime": {"secs": 1000000000}} | .linux.memoryPolicy = {"mode": "MPOL_BIND", "nodes": "0"}
    | .linux.resources.cpu = {"quota": 50000, "period": 100000, "burst": 20000}
    | .linux.resources.memory = {"kernel": 5} | .linux.intelRdt = {"closID": "x"} | .process.quantum = 1'
  edit_config "$BUNDLE" '.process.args = ["sh", "-c", $script]' --arg script 'echo machine=$(uname -m)
    echo scheduler=$(sed "s/.*) //" /proc/self/stat | cut -d" " -f17,39); echo uptime=$(cut -c 1-3 /proc/uptime)
    echo burst=$(cat /sys/fs/cgroup/cpu.max.burst); echo io=$(ionice -p $$ 2>/dev/null || echo unknown); if [ -e /proc/self/numa_maps ]; then grep -q bind:0 /proc/self/numa_maps; fi && echo memory=bound'
  run -0 --separate-stderr kata --log "$BATS_TEST_TMPDIR/log" run --bundle "$BUNDLE" "$ID"
  expect "$(says machine)" i686
  expect "$(says scheduler)" "7 3" "nice value and policy"
  expect "$(says uptime)" 100 "1000000000 and some seconds"
  expect "$(says burst)" 20000
  holds "$(says io)" 'idle|unknown'
  expect "$(says memory)" bound
  for field in process.quantum linux.resources.memory.kernel linux.intelRdt.closID; do
    holds "$(grep 'have no effect' "$BATS_TEST_TMPDIR/log")" "$field"
  done
}

@test "namespaces of the host are refused by name, before a machine starts; id-mapped mounts that cannot be, too" {
  busybox_bundle "$BUNDLE"
  edit_config "$BUNDLE" '.linux.namespaces |= map(if .type == "pid" then .path = "/proc/1/ns/pid" else . end)'
  run ! kata run --bundle "$BUNDLE" "$ID"
  holds "$output" 'pid namespace /proc/1/ns/pid'
  write_config "$BUNDLE" true
  edit_config "$BUNDLE" '.mounts += [{"destination": "/m", "type": "bind", "source": "/tmp", "options": ["bind", "ridmap"]}]'
  run ! kata run --bundle "$BUNDLE" "$ID"
  holds "$output" '/m is to be an id-mapped mount, but there are no mappings'
  write_config "$BUNDLE" true
  mkdir "$BUNDLE/low" "$BUNDLE/up" "$BUNDLE/work" "$BUNDLE/m"
  mount -t overlay -o "lowerdir=$BUNDLE/low,upperdir=$BUNDLE/up,workdir=$BUNDLE/work" overlay "$BUNDLE/m" || skip "no overlay here"
  MOUNTED+=("$BUNDLE/m")
  edit_config "$BUNDLE" '.mounts += [{"destination": "/m", "type": "bind", "source": $m, "options": ["bind"],
    "uidMappings": [{"containerID": 0, "hostID": 1, "size": 1}], "gidMappings": [{"containerID": 0, "hostID": 1, "size": 1}]}]' --arg m "$BUNDLE/m"
  run ! kata run --bundle "$BUNDLE" "$ID"
  holds "$output" "mapping the ids of $BUNDLE/m.*file system that has id-mapped mounts"
}

# id_mapped_mounts KIND: owners in both directions, in two mounts of one directory; and without a user namespace.
id_mapped_mounts() {
  use_config "shared_fs = \"$1\""
  busybox_bundle "$BUNDLE"
  with_user_namespace
  mkdir "$BUNDLE/data"
  echo text >"$BUNDLE/data/roots"
  install -m 600 -o 1000 -g 1000 /dev/null "$BUNDLE/data/users"
  local mapped='{"type": "bind", "source": ($data + "/data"), "options": ["rbind", "ridmap"]}'
  edit_config "$BUNDLE" ".mounts += [{destination: \"/one\"} + $mapped, {destination: \"/same\"} + $mapped,
    {destination: \"/other\", uidMappings: [{containerID: 0, hostID: 101000, size: 10}], gidMappings: [{containerID: 0, hostID: 201000, size: 10}]} + $mapped,
    {destination: \"/plain\", type: \"bind\", source: (\$data + \"/data\"), options: [\"rbind\"]}]" --arg data "$BUNDLE"
  in_container 'echo roots=$(stat -c %u:%g /one/roots); echo users=$(stat -c %u:%g /one/users); echo other=$(stat -c %u:%g /other/roots)
    echo plain=$(stat -c %u:%g /plain/roots); echo new >>/one/roots; echo more >/one/new; mkdir /one/dir; chown 1000:1000 /one/dir; echo same=$(cat /same/new)
    mv /one/new /one/moved && ln /one/moved /one/new && echo moved=yes
    touch /plain/denied 2>/dev/null || echo denied=yes; echo seen=$(stat -c %u:%g /same/dir)'
  expect "$(says roots)/$(says users)/$(says other)" 0:0/1000:1000/1000:1000
  expect "$(says plain)/$(says denied)" 65534:65534/yes "not mapped: the host's root is nobody in the container"
  expect "$(says moved)" yes
  expect "$(says same)" more "another mount of the same directory"
  expect "$(says seen)" 1000:1000
  expect "$(stat -c %u:%g "$BUNDLE/data/new")/$(stat -c %u:%g "$BUNDLE/data/dir")" 0:0/1000:1000 "on the host"
  expect "$(tail -n 1 "$BUNDLE/data/roots")" new
}

@test "virtio-fs: id-mapped mounts have the owners that their mappings say, in both directions" { id_mapped_mounts virtio-fs; }
@test "virtio-9p: id-mapped mounts have the owners that their mappings say, in both directions" { id_mapped_mounts virtio-9p; }

@test "devices where nothing is mounted on /dev, and a file of /proc that is covered" {
  busybox_bundle "$BUNDLE"
  echo covered >"$BUNDLE/file"
  edit_config "$BUNDLE" '.root.readonly = false | .mounts |= map(select(.destination | startswith("/dev") | not))
    | .mounts += [{"destination": "/proc/uptime", "type": "bind", "source": $file, "options": ["bind", "ro"]},
        {"destination": "/log", "type": "bind", "source": "/dev/kmsg", "options": ["bind"]}]' --arg file "$BUNDLE/file"
  in_container 'echo x >/dev/null && echo null=yes; echo zeros=$(head -c 3 /dev/zero | wc -c); echo covered=$(cat /proc/uptime)
    echo kmsg=$(stat -c "%t:%T" /log)'
  expect "$(says null)/$(says zeros)" yes/3
  expect "$(says covered)" covered
  expect "$(says kmsg)" 1:b "the guest's own node"
}

@test "every mount option, namespace, capability and hook that features names is one of a container" {
  busybox_bundle "$BUNDLE"
  kata features >"$BATS_TEST_TMPDIR/features"
  mkdir "$BUNDLE/source"
  edit_config "$BUNDLE" '.root.readonly = false | ["bind", "rbind", "remount", "idmap", "ridmap"] as $others
    | .mounts += ($f[0].mountOptions | map(select(. as $o | $others | index($o) | not)
        | {"destination": "/o/\(.)", "type": "tmpfs", "source": "tmpfs", "options": [.]}))
    | .mounts += [{"destination": "/o/bind", "source": $source, "options": ["bind"]}, {"destination": "/o/rbind", "source": $source, "options": ["rbind"]}]
    | [{"containerID": 0, "hostID": 0, "size": 1}] as $map
    | .mounts += (["idmap", "ridmap"] | map({"destination": "/o/\(.)", "source": $source, "options": ["bind", .], "uidMappings": $map, "gidMappings": $map}))
    | .linux.namespaces = ($f[0].linux.namespaces | map(select(. != "user") | {"type": .}))
    | .process.capabilities = ($f[0].linux.capabilities | {"bounding": ., "effective": ., "permitted": .})
    | .hooks = ($f[0].hooks | map({(.): [{"path": "/bin/true"}]}) | add)' --slurpfile f "$BATS_TEST_TMPDIR/features" --arg source "$BUNDLE/source"
  edit_config "$BUNDLE" '.process.args = ["sh", "-c", "grep -c \" /o/\" /proc/mounts; grep CapEff /proc/self/status"]'
  run -0 --separate-stderr kata --log "$BATS_TEST_TMPDIR/log" run --bundle "$BUNDLE" "$ID"
  expect "${lines[0]}" "$(jq '[.mountOptions[] | select(. != "remount")] | length' "$BATS_TEST_TMPDIR/features")"
  holds "${lines[1]}" 000001ffffffffff
  run ! grep -E 'left out|no effect|not supported' "$BATS_TEST_TMPDIR/log"
}
