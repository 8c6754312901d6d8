# shellcheck shell=bash
# A pod's network as CNI plugins make it: a namespace "kn<id>" that a pair of interfaces connects to a second one,
# "kp<id>", which plays the rest of the world: 10.77.0.1 and fd77::1, with a web server.

# make_pod_network: sets POD_NS, PEER_NS and NETNS (the path).
make_pod_network() {
  POD_NS=kn$ID PEER_NS=kp$ID
  NETNS=/run/netns/$POD_NS
  export POD_NS PEER_NS NETNS
  ip netns add "$POD_NS"
  ip netns add "$PEER_NS"
  in_pod ip link set lo up
  in_peer ip link set lo up
  connect_pod eth0 10.77.0 fd77
  in_pod ip route add default via 10.77.0.1
  in_pod ip -6 route add default via fd77::1
}

# connect_pod NAME V4 V6: a pair; the pod gets V4.2 and V6::2, the peer V4.1 and V6::1.
connect_pod() {
  in_pod ip link add "$1" mtu 1420 type veth peer name "$1" netns "$PEER_NS"
  in_peer ip address add "$2.1/24" dev "$1"
  in_peer ip address add "$3::1/64" dev "$1" nodad
  in_peer ip link set "$1" mtu 1420 up
  in_pod ip address add "$2.2/24" dev "$1"
  in_pod ip address add "$3::2/64" dev "$1" nodad
  in_pod ip link set "$1" up
}

in_pod() { ip netns exec "$POD_NS" "$@"; }
in_peer() { ip netns exec "$PEER_NS" "$@"; }

peer_busybox() { in_peer "$KATA_SHARE/busybox-rootfs/bin/busybox" "$@"; }

# use_pod_network BUNDLE
use_pod_network() {
  edit_config "$1" '(.linux.namespaces[] | select(.type == "network")).path = $path' --arg path "$NETNS"
}

# serve_from_peer: a web server with the file "hello" on every address of the peer.
serve_from_peer() {
  mkdir -p "$BATS_TEST_TMPDIR/www"
  echo "hello from $ID" >"$BATS_TEST_TMPDIR/www/hello"
  ip netns exec "$PEER_NS" "$KATA_SHARE/busybox-rootfs/bin/busybox" httpd -f -p 80 -h "$BATS_TEST_TMPDIR/www" 3>&- &
  WEB_SERVER=$!
}

# pod_is_clean: neither a tap nor a queue of ours is in the pod's namespace.
pod_is_clean() {
  ! in_pod ip -o link | grep _kata && ! in_pod tc qdisc show | grep -E 'ingress|tbf|htb'
}

# in_guest COMMAND: a shell in the container, as root with what ping and ip want.
in_guest() { kata exec --cap CAP_NET_RAW --cap CAP_NET_ADMIN "$ID" sh -c "$1"; }

start_pod() {
  busybox_bundle "$BUNDLE" "$@"
  use_pod_network "$BUNDLE"
  kata run --detach --bundle "$BUNDLE" "$ID"
}

# same_network NAME: MAC, MTU and addresses of the interface are the same inside and outside.
same_network() {
  local inside outside
  outside=$(in_pod ip -j address show dev "$1" | jq -r '.[0] | .address, .mtu, (.addr_info[] | select(.scope == "global") | "\(.local)/\(.prefixlen)")' | sort)
  inside=$(in_guest "cat /sys/class/net/$1/address /sys/class/net/$1/mtu; ip address show dev $1" |
    sed -nE 's,^ +inet6? ([^ ]+) .*scope global.*,\1,p; /^[0-9a-f:]+$/p' | sort)
  expect "$inside" "$outside" "network of $1"
}

pings() { in_guest "ping -c 2 -W 20 $1"; }

remove_pod_network() {
  [ -z "${WEB_SERVER:-}" ] || kill "$WEB_SERVER" 2>/dev/null || true
  local name
  for name in "${POD_NS:-}" "${PEER_NS:-}"; do
    [ -z "$name" ] || [ ! -e "/run/netns/$name" ] || ip netns del "$name"
  done
}

# cni TYPE NAME: runs a CNI plugin with the configuration on stdin, which attaches the interface NAME to the pod's
# namespace; its other end is with the peer. The result is what the next plugin is told.
cni() {
  CNI_COMMAND=ADD CNI_CONTAINERID=$ID CNI_NETNS=$NETNS CNI_IFNAME=$2 CNI_PATH=/usr/lib/cni in_peer "/usr/lib/cni/$1" \
    >"$BATS_TEST_TMPDIR/result" 2>"$BATS_TEST_TMPDIR/cni.log" ||
    { cat "$BATS_TEST_TMPDIR/result" "$BATS_TEST_TMPDIR/cni.log" >&2; return 1; }
  mv "$BATS_TEST_TMPDIR/result" "$BATS_TEST_TMPDIR/previous"
}

# cni_conf TYPE [FILTER]: a configuration of that type, which jq's FILTER completes.
cni_conf() {
  local previous=null
  [ ! -f "$BATS_TEST_TMPDIR/previous" ] || previous=$(cat "$BATS_TEST_TMPDIR/previous")
  jq -n --arg type "$1" --arg data "$BATS_TEST_TMPDIR/cni" --argjson previous "$previous" \
    '{cniVersion: "0.4.0", name: "test", type: $type, prevResult: $previous, dataDir: $data} | '"${2:-.}"
}

# start_pod_with_tools: the same as start_pod, with the host's programs in the container, below /host.
start_pod_with_tools() {
  busybox_bundle "$BUNDLE" "$@"
  use_pod_network "$BUNDLE"
  edit_config "$BUNDLE" '.mounts += [{destination: "/host", type: "bind", source: "/usr", options: ["rbind", "ro"]}]'
  kata run --detach --bundle "$BUNDLE" "$ID"
}

# with_tools PROGRAM [ARG...]: one of the host's programs in the container.
with_tools() {
  kata exec --cap CAP_NET_RAW --cap CAP_NET_ADMIN --env PYTHONHOME=/host "$ID" \
    /host/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 --library-path /host/lib/x86_64-linux-gnu "/host/bin/$1" "${@:2}"
}

# same_ip ARG...: ip(8) prints the same in the container as in the pod's namespace, where a container of runc's is, but
# for what belongs to the tap and to the kernel's own entries, and numbers of interfaces.
same_ip() {
  local inside outside
  outside=$(in_pod ip "$@" | as_compared)
  inside=$(with_tools ip "$@" | as_compared)
  [ -n "$outside" ]
  expect "$inside" "$outside" "ip $*"
}

as_compared() {
  grep -vE '_kata|^(local|broadcast|anycast|multicast) |fe80::|ff00::|unicast ::1 ' |
    sed -E 's/^[0-9]+: //; s/ (nodad|linkdown)\b//g; s/[0-9]+sec/SECONDS/g; s/ *$//' | sort
}

# same_sysctl NAME...: paths below /proc/sys.
same_sysctl() {
  local each
  for each in "$@"; do
    expect "$(in_guest "cat /proc/sys/$each")" "$(in_pod cat "/proc/sys/$each")" "$each"
  done
}
