# shellcheck shell=bash
# A node of the tests' own: mount, network and process namespaces that play a host. Its /etc, /opt and /var are written to a
# directory of the test's, its /run is its own, and what runs in it ends with its first process.

# start_node: needs $ID; sets HOME_DIR (short: a Unix socket's path has at most 107 bytes), NODE (the pid of its first process) and
# NODE_ADDRESS.
start_node() {
  HOME_DIR=/tmp/kk-$ID
  NODE_ADDRESS=10.95.0.1
  export HOME_DIR NODE_ADDRESS NODE
  mkdir -p "$HOME_DIR"/{containerd,kubelet,pids,log,cache}
  # shellcheck disable=SC2016
  setsid unshare --mount --net --pid --fork --kill-child --propagation slave -- \
    sh -ec "$(declare -f furnish_node); furnish_node"' "$@"; echo >"$1/ready"; exec catatonit -P' sh "$HOME_DIR" "$NODE_ADDRESS" \
    </dev/null >"$HOME_DIR/log/node" 2>&1 3>&- 4>&- &
  echo $! >"$HOME_DIR/holder"
  eventually test -e "$HOME_DIR/ready" || { cat "$HOME_DIR/log/node" >&2; return 1; }
  NODE=$(pgrep -P "$(cat "$HOME_DIR/holder")")
  make_cgroups
}

# make_cgroups: the group of each hierarchy below which kubelet makes those of pods.
make_cgroups() {
  local version controllers mount each
  while read -r version controllers mount; do
    mkdir -p "$mount/$ID"
    [ "$version" = 1 ] && [[ ,$controllers, == *,cpuset,* ]] || continue
    for each in cpuset.cpus cpuset.mems; do cat "$mount/$each" >"$mount/$ID/$each"; done
  done < <(hierarchies)
}

# furnish_node HOME ADDRESS: in sh(1), as the node's first process. Mounts come from the host and do not go there, and among the node's own
# namespaces they are shared, as on a host with systemd.
furnish_node() {
  mount --make-rshared /
  mount -t proc proc /proc
  for each in etc opt var; do
    mkdir -p "$1/upper/$each" "$1/work/$each"
    mount -t overlay -o "lowerdir=/$each,upperdir=$1/upper/$each,workdir=$1/work/$each" overlay "/$each"
  done
  mount -t tmpfs -o mode=755 tmpfs /run
  mkdir -p /etc/containerd /etc/cni/net.d /var/lib/containerd /var/lib/kubelet
  rm -rf /etc/containerd/* /etc/cni/net.d/*
  # Neither snapshots nor volumes are on an overlay.
  mount --bind "$1/containerd" /var/lib/containerd
  mount --bind "$1/kubelet" /var/lib/kubelet
  ip link set lo up
  ip link add node0 type bridge
  ip address add "$2/24" dev node0
  ip link set node0 up
  ip route add default dev node0 # or Services have no way out
  echo 1 >/proc/sys/net/ipv4/ip_forward
}

# on_node COMMAND...: in the node's namespaces.
on_node() { nsenter -t "$NODE" -m -n -p -- "$@"; }

# daemon NAME COMMAND...: starts it there.
daemon() {
  local name=$1
  shift
  # shellcheck disable=SC2016
  setsid nsenter -t "$NODE" -m -n -p -- sh -c 'echo $$ >"$0"; exec "$@"' "$HOME_DIR/pids/$name" "$@" >>"$HOME_DIR/log/$name" 2>&1 </dev/null 3>&- 4>&- &
}

# end_daemon NAME [SIGNAL]: and waits for its end.
end_daemon() {
  local pid
  pid=$(cat "$HOME_DIR/pids/$1")
  on_node kill "-${2:-TERM}" "$pid"
  eventually on_node test ! -e "/proc/$pid"
}

# stop_node: everything in it, its mounts and its cgroups.
stop_node() {
  [ -n "${HOME_DIR:-}" ] && [ -f "$HOME_DIR/holder" ] || return 0
  local holder
  holder=$(cat "$HOME_DIR/holder")
  kill -9 "$holder" || true # its child is the first process of the node, with which all others end
  eventually is_gone "${NODE:-$holder}"
  eventually remove_cgroups
  rm -rf "${HOME_DIR:?}"
}
remove_cgroups() {
  local each
  find /sys/fs/cgroup -mindepth 2 -depth -type d -path "*/$ID*" -exec rmdir {} + 2>/dev/null || true
  ! find /sys/fs/cgroup -mindepth 2 -maxdepth 2 -type d -name "$ID" | grep -q .
}
