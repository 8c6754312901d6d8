#!/usr/bin/env bats
# What config.json asks of a Linux container holds in the guest. One machine per group.

setup() {
  load lib/kata
  load lib/bundle
  common_setup
}
teardown() { common_teardown; }

# in_container SCRIPT: runs the bundle with the script as its first process.
in_container() {
  edit_config "$BUNDLE" '.process.args = ["sh", "-c", $script]' --arg script "$1"
  run -0 --separate-stderr kata run --bundle "$BUNDLE" "$ID"
}

# says KEY: the value of the line "KEY=value" of the output.
says() { sed -n "s/^$1=//p" <<<"$output"; }

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
