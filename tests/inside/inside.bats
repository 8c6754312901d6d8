#!/usr/bin/env bats
# What people run in containers: the programs of a Debian that ./dev inside makes, in containers of ours and, where runc can on this
# host, in runc's. Each of programs/ is run in a container and says what it did; both runtimes have to say the same.

setup_file() {
  load ../integration/lib/kata
  load ../integration/lib/bundle
  common_setup
  ROOT=$("$BATS_TEST_DIRNAME/../../dev" inside)
  KATA_LIMIT=900
  export ROOT KATA_LIMIT
}
setup() {
  load ../integration/lib/kata
  load ../integration/lib/bundle
  common_setup
  bats_require_minimum_version 1.5.0
}
teardown() {
  local each
  for each in kata runc; do
    [ -d "$BATS_TEST_TMPDIR/$each" ] || continue
    "$each"_ delete --force "$ID-$each" >/dev/null 2>&1 || true
    umount "$BATS_TEST_TMPDIR/$each/rootfs"
  done
  rm -rf "$KATA_ROOT-runc"
  common_teardown
}

kata_() { kata "$@"; }
runc_() { timeout -k 10 "$KATA_LIMIT" runc --root "$KATA_ROOT-runc" "$@"; }

# Docker's, and what strace needs.
PLAIN="CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE SYS_PTRACE"

# bundle RUNTIME ARG...: with a root file system that is its own to write. container RUNTIME: starts it.
bundle() {
  local bundle=$BATS_TEST_TMPDIR/$1 unit
  mkdir -p "$bundle"/{rootfs,upper,work}
  mount -t overlay -o "lowerdir=$ROOT,upperdir=$bundle/upper,workdir=$bundle/work" overlay "$bundle/rootfs"
  mkdir "$bundle/rootfs/inside"
  cp "$BATS_TEST_DIRNAME"/programs/*.sh "$bundle/rootfs/inside/"
  # Engines are started by their own programs.
  for unit in docker.service docker.socket containerd.service podman.service podman.socket podman-auto-update.service podman-restart.service; do
    ln -s /dev/null "$bundle/rootfs/etc/systemd/system/$unit"
  done
  write_config "$bundle" "${@:2}"
  give_capabilities "$bundle" "$PLAIN"
  edit_config "$bundle" '.process.noNewPrivileges = false | .process.rlimits = [{type: "RLIMIT_NOFILE", hard: 4096, soft: 4096}]
    | .process.env += ["LANG=C.UTF-8", "HOME=/root"]
    | .linux.resources += {memory: {limit: 1073741824}, cpu: {quota: 200000, period: 100000}}
    | .mounts += [{destination: "/tmp", type: "tmpfs", source: "tmpfs", options: ["mode=1777"]},
                  {destination: "/run", type: "tmpfs", source: "tmpfs", options: ["mode=755"]}]'
}
container() {
  "$1_" run --detach --bundle "$BATS_TEST_TMPDIR/$1" "$ID-$1" </dev/null >"$BATS_TEST_TMPDIR/$1/log" 2>&1 || { cat "$BATS_TEST_TMPDIR/$1/log" >&2; return 1; }
}

# says RUNTIME PROGRAM EXPECTED
says() {
  local status=0 said
  said=$("$1_" exec "$ID-$1" sh "/inside/$2.sh" 2>"$BATS_TEST_TMPDIR/err" </dev/null) || status=$?
  [ "$status $said" != "0 $3" ] || return 0
  printf '%s with %s: status %s, wanted 0\n' "$2" "$1" "$status"
  diff <(echo "$3") <(echo "$said")
  cat "$BATS_TEST_TMPDIR/err"
  return 1
} >&2

both_say() { says runc "$1" "$2" && says kata "$1" "$2"; }

plain() {
  local runtime
  for runtime in runc kata; do
    bundle "$runtime" sleep 100000
    container "$runtime"
  done
}

@test "a compiler, strace, gdb, a JVM" {
  plain
  both_say compiler $'sum 42\nwrite(1, "sum 42\\n", 7)\n$1 = 80\nsum 42\nattached'
  both_say java $'    Effective CPU Count: 2\n    Memory Limit: 1.00G\nopenjdk version X'
}

@test "PostgreSQL, Redis, nginx" {
  plain
  both_say postgresql $'5000|12502500\n5000'
  both_say redis $'OK\nrdb_last_bgsave_status:ok\nhello'
  both_say nginx $'3000000\n404\nchanged\nroot www-data '
}

@test "a machine of QEMU's in a container" {
  plain
  both_say qemu 'K status 7'
}

@test "systemd, sshd, cron" {
  local runtime
  for runtime in runc kata; do
    bundle "$runtime" /sbin/init
    edit_config "$BATS_TEST_TMPDIR/$runtime" '.process.env += ["container=podman"] | .mounts |= map(if .destination == "/sys/fs/cgroup" then .options -= ["ro"] else . end)
      | .mounts += [{destination: "/run/lock", type: "tmpfs", source: "tmpfs"}]'
    container "$runtime"
  done
  both_say services $'running\nactive\nactive\nby ssh\nnot a tty\n/dev/pts/\nby cron\nin a unit of its own'
}

# This host's kernel need not have these, and its runc may not have what --privileged gives: ours alone, with each of our kernels.
engines_and_tunnels() {
  use_kernel "$1"
  bundle kata sleep 100000
  make_privileged "$BATS_TEST_TMPDIR/kata"
  edit_config "$BATS_TEST_TMPDIR/kata" '.mounts += (["docker", "containers", "containerd"] | map({destination: ("/var/lib/" + .), type: "tmpfs", source: "tmpfs"}))
    | .linux.devices = ([["/dev/fuse", 229], ["/dev/net/tun", 200]] | map({path: .[0], type: "c", major: 10, minor: .[1], fileMode: 438}))
    | .linux.resources.devices = [{allow: true, access: "rwm"}]'
  container kata
  says kata fuse $'through FUSE\nread-only\nfuse'
  says kata wireguard $'3 received\n1'
  says kata dockerd $'graphdriver(s)=overlay2\npage\npage\n2'
  says kata podman $'page\npage\n1'
}

@test "privileged: FUSE, WireGuard, Docker and Podman of its own, stock kernel" { engines_and_tunnels stock; }
@test "privileged: FUSE, WireGuard, Docker and Podman of its own, our kernel" { engines_and_tunnels own; }
