# shellcheck shell=bash
# What is on this host that a container could leave behind: for a comparison of before and after.

# host_inventory: a line for each of our processes, mounts, network namespaces, interfaces, qdiscs, cgroups, sockets,
# and files. Loop devices and plain directories of others are not ours to count.
host_inventory() {
  local directory
  {
    for directory in /proc/[0-9]*; do
      case $(readlink "$directory/exe" 2>/dev/null) in
        *containerd-shim-kata-v2* | *qemu-system* | *virtiofsd* | *kata-standin* | *kata-runtime*)
          echo "process ${directory#/proc/}: $({ tr '\0' ' ' <"$directory/cmdline"; } 2>/dev/null | cut -c 1-120)"
          ;;
      esac
    done
    findmnt -rno TARGET | grep -E 'kata|/kc-|containerd' | sed 's/^/mount: /'
    ip netns list 2>/dev/null | sed 's/ .*//; s/^/network namespace: /'
    ip -o link show | awk -F': ' '{ sub(/@.*/, "", $2); print "interface: " $2 }'
    tc qdisc show 2>/dev/null | grep -E ' (ingress|clsact|htb|tbf) ' | sed 's/^/qdisc: /'
    find /sys/fs/cgroup -maxdepth 8 -type d \( -name '*kata*' -o -path '*/k8s.io/*' -o -path '*/default/*' \) 2>/dev/null | sed 's/^/cgroup: /'
    awk '/kata|containerd/ { print "socket: " $NF }' /proc/net/unix
    find /run/kata /run/kata-containers /run/vc /run/containerd/s /run/containerd/fifo -mindepth 1 2>/dev/null | sed 's/^/file: /'
    losetup -l -n -O NAME,BACK-FILE 2>/dev/null | sed 's/^/loop device: /'
  } | sort -u
}

# host_compare BEFORE: fails, and lists, when there is more now. Ends are asynchronous, so it waits a little.
host_compare() {
  local tries more
  for ((tries = 0; tries < 100; tries++)); do
    more=$(comm -13 <(echo "$1") <(host_inventory))
    [ -n "$more" ] || return 0
    sleep 0.2
  done
  echo "left behind:" >&2
  echo "$more" >&2
  return 1
}
