#!/usr/bin/env bash
# machine.sh DIRECTORY: the testbed's first process after init: makes a machine with KVM of what was booted, and runs
# DIRECTORY/command in it. DIRECTORY is ./dev testbed's: `command` (a script), `modules` (link to the kernel's).
# No `set -e`: whatever happens, the host has to hear how it ended.
set -u
run=$1
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
host=/run/testbed/host

problem() { echo "testbed: $*" >/dev/console; }

# port NAME: the device of a virtio port. There is no udev that would make links.
port() {
  local each
  for each in /sys/class/virtio-ports/*; do
    [ "$(cat "$each/name" 2>/dev/null)" != "$1" ] || echo "/dev/${each##*/}"
  done
}

mount_all() {
  mkdir -p /dev/pts /dev/shm
  mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
  ln -sf pts/ptmx /dev/ptmx
  ln -s /proc/self/fd /dev/fd
  ln -s fd/0 /dev/stdin
  ln -s fd/1 /dev/stdout
  ln -s fd/2 /dev/stderr
  mount -t tmpfs -o mode=1777 shm /dev/shm
  mount -t tmpfs -o mode=1777 tmp /tmp
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
  mount -t securityfs securityfs /sys/kernel/security
  mkdir -p /run/lock /run/user
  chmod 1777 /run/lock
  # Below the root only what is switched on here can be used; systemd would do it.
  sed -e 's/^/+/' -e 's/ / +/g' /sys/fs/cgroup/cgroup.controllers >/sys/fs/cgroup/cgroup.subtree_control
}

# What is under /tmp or /run on the host, and is needed here, is seen through the new tmpfs.
show() {
  case $1 in
    /tmp/* | /run/*) mkdir -p "$1" && mount --bind "$host$1" "$1" ;;
  esac
}

load_modules() {
  local release
  release=$(uname -r)
  mkdir -p /lib/modules
  ln -sfn "$(readlink -f "$run/modules")" "/lib/modules/$release"
  modprobe -a kvm_amd vhost_vsock vhost_net tun veth bridge loop virtio_rng nf_tables nft_chain_nat br_netfilter \
    2>/dev/console || problem "not every module could be loaded"
}

network_of_its_own() {
  hostname testbed
  ip link set lo up
  sysctl -qw net.ipv4.ip_forward=1
}

mount_all
show "$run"
while read -r directory; do show "$directory"; done <"$run/needed"
load_modules
network_of_its_own
ulimit -n 65536
events=$(port testbed.events)
echo up >"$events"
# The emulated SVM can make this kernel hang without a word.
while sleep 20; do echo alive >"$events"; done &
alive=$!
console=/dev/hvc0
if [ -f "$run/interactive" ]; then
  # A session of its own with the terminal, so that job control and Ctrl-C work.
  exec 3<>$console
  setsid --ctty --wait bash "$run/command" <&3 >&3 2>&3
else
  setsid --wait bash "$run/command" </dev/null >"$(port testbed.out)" 2>"$(port testbed.err)"
fi
status=$?
kill "$alive" && wait "$alive" # a port has one writer at a time
echo "status $status" >"$events"
# The host ends this machine when it has read that.
sleep 60
poweroff -f
