#!/usr/bin/env bats
# The pod's network namespace and the machine's network: real interfaces, real machines.

setup() {
  load lib/kata
  load lib/bundle
  load lib/netns
  common_setup
  make_pod_network
}
teardown() {
  [ -z "${BATS_TEST_COMPLETED:-}" ] || pod_is_clean || { in_pod ip -o link; in_pod tc qdisc show; false; }
  remove_pod_network
  common_teardown
}

# with_config TABLE LINE...: a configuration file with these lines in that table.
with_config() {
  export KATA_CONF_FILE=$BATS_TEST_TMPDIR/configuration.toml
  printf '%s\n' "[$1]" "${@:2}" >"$KATA_CONF_FILE"
}

@test "IPv4 and IPv6, both directions; name, MAC, MTU, addresses and routes are the pod's" {
  in_pod ip route add 10.99.0.0/16 dev eth0
  in_pod ip route add 10.98.0.0/16 via 10.77.0.9
  in_pod ip neigh add 10.77.0.9 lladdr 02:00:00:00:00:99 dev eth0 nud permanent
  serve_from_peer
  start_pod httpd -f -p 8080 -h /etc
  same_network eth0
  pings 10.77.0.1
  pings fd77::1
  expect "$(in_guest 'wget -qO- http://10.77.0.1/hello')" "hello from $ID"
  expect "$(in_guest 'wget -qO- http://[fd77::1]/hello')" "hello from $ID"
  peer_busybox ping -c 1 -W 20 10.77.0.2
  peer_busybox ping -c 1 -W 20 fd77::2
  peer_busybox wget -qO- 'http://10.77.0.2:8080/passwd' | grep -q root
  peer_busybox wget -qO- 'http://[fd77::2]:8080/passwd' | grep -q root
  local routes
  routes=$(in_guest 'ip route; ip -6 route; cat /proc/net/arp')
  holds "$routes" '^default via 10.77.0.1 dev eth0'
  holds "$routes" '^10.99.0.0/16 dev eth0'
  holds "$routes" '^10.98.0.0/16 via 10.77.0.9 dev eth0'
  holds "$routes" '^default via fd77::1 dev eth0'
  holds "$routes" '10.77.0.9 .*02:00:00:00:00:99'
  in_guest 'ping -c 1 -W 20 127.0.0.1'
  kata delete --force "$ID"
}

@test "two interfaces; what hosts, resolv.conf and hostname say is what the engine mounted" {
  connect_pod net1 10.78.0 fd78
  busybox_bundle "$BUNDLE"
  use_pod_network "$BUNDLE"
  printf 'nameserver 10.77.0.1\nsearch example.test\n' >"$BATS_TEST_TMPDIR/resolv.conf"
  printf '127.0.0.1 localhost\n10.77.0.1 peer.example.test\n' >"$BATS_TEST_TMPDIR/hosts"
  echo "host-$ID" >"$BATS_TEST_TMPDIR/hostname"
  local each
  for each in resolv.conf hosts hostname; do
    edit_config "$BUNDLE" '.mounts += [{destination: $d, type: "bind", source: $s, options: ["rbind", "ro"]}] | .hostname = $h' \
      --arg d "/etc/$each" --arg s "$BATS_TEST_TMPDIR/$each" --arg h "host-$ID"
  done
  kata run --detach --bundle "$BUNDLE" "$ID"
  same_network eth0
  same_network net1
  pings 10.77.0.1
  pings 10.78.0.1
  pings fd78::1
  pings peer.example.test
  for each in resolv.conf hosts hostname; do
    expect "$(in_guest "cat /etc/$each")" "$(cat "$BATS_TEST_TMPDIR/$each")" "$each"
  done
  expect "$(in_guest hostname)" "host-$ID"
  kata delete --force "$ID"
}

has_interface() { in_guest "ip link show dev $1"; }
has_no_interface() { ! in_guest "ip link show dev $1"; }

@test "an interface that is attached while the pod runs appears, changes and vanishes" {
  start_pod
  connect_pod net1 10.78.0 fd78
  eventually has_interface net1
  eventually same_network net1
  pings 10.78.0.1
  pings fd78::1
  in_pod ip address add 10.78.0.22/24 dev net1
  eventually same_network net1
  in_pod ip route add 10.97.0.0/16 via 10.78.0.1
  has_route() { in_guest 'ip route' | grep -q '^10.97.0.0/16 via 10.78.0.1 dev net1'; }
  eventually has_route
  in_pod ip link del net1
  eventually has_no_interface net1
  pings 10.77.0.1
  kata delete --force "$ID"
}

@test "an interface attached between create and start is there when the workload starts" {
  in_pod ip link del eth0
  busybox_bundle "$BUNDLE" sh -c 'ip address show dev eth0; wget -qO- http://10.77.0.1/hello'
  use_pod_network "$BUNDLE"
  kata create --bundle "$BUNDLE" "$ID" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&-
  connect_pod eth0 10.77.0 fd77
  serve_from_peer
  kata start "$ID"
  eventually status_is "$ID" stopped
  holds "$(cat "$BATS_TEST_TMPDIR/out")" 'inet 10.77.0.2/24'
  holds "$(cat "$BATS_TEST_TMPDIR/out")" "hello from $ID"
  kata delete "$ID"
}

@test "the models macvtap and none" {
  with_config runtime 'internetworking_model = "macvtap"'
  start_pod
  in_pod ip -o link | grep -q macvtap0_kata
  pings 10.77.0.1
  pings fd77::1
  kata delete --force "$ID"
  pod_is_clean
  with_config runtime 'internetworking_model = "none"'
  start_pod
  same_network eth0
  in_pod ip -o link | grep -q tap0_kata
  run ! in_guest 'ping -c 1 -W 2 10.77.0.1'
  kata delete --force "$ID"
}

@test "macvlan, and a bridge in the pod" {
  in_pod ip link add mac0 link eth0 type macvlan mode bridge
  in_pod ip address flush dev eth0
  in_pod ip address add 10.77.0.5/24 dev mac0
  in_pod ip link set mac0 up
  in_pod ip link add br0 type bridge
  in_pod ip link add port0 type veth peer name port0 netns "$PEER_NS"
  in_pod ip link set port0 master br0 up
  in_pod ip address add 10.79.0.2/24 dev br0
  in_pod ip link set br0 up
  in_peer ip address add 10.79.0.1/24 dev port0
  in_peer ip link set port0 up
  start_pod
  same_network mac0
  same_network br0
  pings 10.77.0.1
  pings 10.79.0.1
  kata delete --force "$ID"
}

@test "CNI's ptp, sbr and tuning: addresses, routes, rules and sysctls are the pod's" {
  [ -x /usr/lib/cni/ptp ] || skip "needs containernetworking-plugins"
  cni_conf ptp '.mtu = 1400 | .ipam = {type: "host-local", dataDir: $data,
    ranges: [[{subnet: "10.77.5.0/24"}], [{subnet: "fd55::/64"}]], routes: [{dst: "10.0.0.0/8"}, {dst: "fd00::/8"}]}' | cni ptp net1
  cni_conf tuning '.sysctl = {"net.core.somaxconn": "500", "net.ipv4.conf.net1.arp_ignore": "1",
    "net.ipv6.conf.net1.accept_ra": "0", "net.ipv4.ip_local_port_range": "20000 30000"} |
    .mac = "02:00:00:00:00:55" | .mtu = 1380 | .promisc = true' | cni tuning net1
  start_pod_with_tools
  same_ip -d -4 -oneline address show dev net1
  same_ip -d route show table all
  same_ip -6 -d route show table all
  holds "$(in_guest 'cat /sys/class/net/net1/address /sys/class/net/net1/mtu' | tr '\n' ' ')" '^02:00:00:00:00:55 1380'
  same_sysctl net/core/somaxconn net/ipv4/conf/net1/arp_ignore net/ipv6/conf/net1/accept_ra net/ipv4/ip_local_port_range
  # Every namespace has the host's.
  same_sysctl net/ipv4/tcp_{rmem,wmem,congestion_control,max_syn_backlog}
  expect "$(in_guest 'cat /proc/sys/net/core/rmem_max /proc/sys/net/core/wmem_max')" "$(cat /proc/sys/net/core/rmem_max /proc/sys/net/core/wmem_max)"
  pings 10.77.5.1
  pings fd55::1
  # While it runs, the network is routed by its source.
  cni_conf sbr | cni sbr net1
  eventually same_ip rule
  eventually same_ip -6 rule
  eventually same_ip -d route show table all
  pings '-I net1 10.77.5.1'
  kata delete --force "$ID"
}

@test "what new namespaces inherit from the host is the same inside" {
  local setting=/proc/sys/net/ipv4/conf/default/bootp_relay before
  [ "$(cat /proc/sys/net/core/devconf_inherit_init_net)" = 0 ] || skip "new namespaces inherit nothing here"
  remove_pod_network
  before=$(cat "$setting")
  echo 1 >"$setting" || skip "the host's settings cannot be changed"
  make_pod_network
  echo "$before" >"$setting"
  start_pod sleep 1000
  expect "$(in_guest "cat ${setting/default/eth0}")" 1
  same_sysctl net/ipv4/conf/{default,eth0,all}/{bootp_relay,forwarding} net/ipv4/ip_forward
  kata delete --force "$ID"
}

@test "whatever ip can say of addresses, routes, rules and neighbours is the same inside" {
  local each
  for each in 'address add 10.1.1.2 peer 10.1.1.1/32 dev eth0' \
    'address add 10.2.0.2/24 broadcast 10.2.0.255 label eth0:two scope site dev eth0 noprefixroute' \
    'address add 10.3.0.2/24 dev eth0' 'address add 10.3.0.3/24 dev eth0' \
    'address add 10.4.0.2/24 dev eth0 valid_lft 50000 preferred_lft 40000' \
    'address add fd01::2/64 dev eth0 nodad home' 'address add 10.96.0.10/32 dev lo' \
    'route add 10.9.0.0/16 via 10.1.1.1 src 10.1.1.2 metric 5 mtu 1300 advmss 1200 initcwnd 12 proto static' \
    'route add 10.9.1.0/24 via 192.168.7.1 dev eth0 onlink tos 0x10' \
    'route add default via 10.1.1.1 table 100' 'route add 10.9.3.0/24 dev eth0 scope link table 7' \
    'route add blackhole 10.9.4.0/24' 'route add prohibit 10.9.5.0/24 table 7' '-6 route add unreachable fd0a::/64' \
    '-6 route add fd09::/64 via fd77::1 metric 9 pref high' '-6 route add fd0b::/64 nexthop via fd77::1 nexthop via fd77::9' \
    'rule add from 10.1.1.2 iif eth0 fwmark 5 table 100 priority 99' 'rule add to 10.9.9.0/24 prohibit' \
    '-6 rule add from fd01::2 table 7 suppress_prefixlength 0' \
    'neigh add 10.3.0.9 lladdr 02:00:00:00:00:09 dev eth0 nud permanent' 'neigh add proxy 10.8.8.8 dev eth0' \
    'link set eth0 alias uplink group 7'; do
    # shellcheck disable=SC2086
    in_pod ip $each || { echo "ip $each" >&2; false; }
  done
  start_pod_with_tools
  same_ip -d -oneline address show dev eth0
  same_ip -d -4 -oneline address show dev lo
  same_ip -d route show table all
  same_ip -d -6 route show table all
  same_ip rule
  same_ip -6 rule
  same_ip neigh show nud permanent
  same_ip neigh show proxy
  expect "$(in_guest 'cat /sys/class/net/eth0/ifalias /sys/class/net/eth0/netdev_group')" $'uplink\n7'
  kata delete --force "$ID"
}

# hears GROUP: prints the first datagram for the group that reaches the container by mac0.
hears() {
  with_tools python3 -c '
import socket, struct, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", 7777))
s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(sys.argv[1]) + socket.inet_aton("10.77.9.2"))
s.settimeout(60)
print(s.recv(100).decode())' "$1"
}

@test "macvlan hands on the groups that the container joins, and is as it was afterwards" {
  in_peer ip link add m0 type veth peer name m1
  in_peer ip address add 10.77.9.1/24 dev m1
  in_peer ip link set m1 up
  in_peer ip link set m0 up
  in_peer ip link add mac0 link m0 netns "$POD_NS" type macvlan mode bridge || skip "no macvlan here"
  in_pod ip address add 10.77.9.2/24 dev mac0
  in_pod ip link set mac0 up
  start_pod_with_tools
  holds "$(in_pod ip link show dev mac0)" ALLMULTI
  hears 239.1.2.3 >"$BATS_TEST_TMPDIR/heard" 3>&- &
  local listener=$!
  heard() {
    in_peer python3 -c 'import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.77.9.1"))
s.sendto(b"hello group", ("239.1.2.3", 7777))'
    grep -q 'hello group' "$BATS_TEST_TMPDIR/heard"
  }
  eventually heard
  wait "$listener"
  kata delete --force "$ID"
  run ! grep -q ALLMULTI <<<"$(in_pod ip link show dev mac0)"
}

@test "several queues and rate limits" {
  with_config hypervisor.qemu 'default_vcpus = 2' 'rx_rate_limiter_max_rate = 8000000' 'tx_rate_limiter_max_rate = 4000000'
  start_pod
  expect "$(in_guest 'ls -d /sys/class/net/eth0/queues/rx-* | wc -l')" 2 "queues"
  in_pod tc qdisc show dev tap0_kata | grep -q 'tbf.* rate 8Mbit'
  in_pod tc qdisc show dev eth0 | grep -q 'tbf.* rate 4Mbit'
  pings 10.77.0.1
  kata delete --force "$ID"
}

@test "counters of the interface are in the statistics" {
  start_pod
  pings 10.77.0.1
  local stats
  stats=$(kata events --stats "$ID")
  holds "$stats" 'eth0'
  [ "$(jq '[.data.network_interfaces[]? | select(.Name == "eth0" or .name == "eth0") | (.RxBytes // .rx_bytes // 0)] | add' <<<"$stats")" -gt 0 ] ||
    { echo "$stats" >&2; false; }
  kata delete --force "$ID"
}

@test "the shim and QEMU killed: delete leaves neither tap nor queue, and the namespace can go" {
  local part
  for part in shim_pid qemu_pid; do
    start_pod
    in_pod tc qdisc show dev eth0 | grep -q ingress
    kill -9 "$($part "$ID")"
    eventually status_is "$ID" stopped
    kata delete --force "$ID"
    pod_is_clean || { echo "after $part" >&2; false; }
    rm -rf "$BUNDLE"
  done
}

@test "a pod's network that vanished before its pod: delete works, no reference is left" {
  start_pod
  local inode
  inode=$(stat -Lc %i "$NETNS")
  ip netns del "$POD_NS"
  kill -9 "$(shim_pid "$ID")"
  eventually status_is "$ID" stopped
  kata delete --force "$ID"
  [ -z "$(find /proc -maxdepth 3 -path '*/ns/net' -lname "net:\\[$inode\\]" 2>/dev/null)" ]
  ip netns add "$POD_NS" # for the teardown's look
}

@test "the host's network is refused, with what to do" {
  busybox_bundle "$BUNDLE"
  edit_config "$BUNDLE" '.linux.namespaces |= map(select(.type != "network"))'
  run ! kata run --bundle "$BUNDLE" "$ID"
  holds "$output" "host's network"
  holds "$output" 'hostNetwork'
  edit_config "$BUNDLE" '.linux.namespaces += [{type: "network", path: $p}]' --arg p "/proc/$$/ns/net"
  run ! kata run --bundle "$BUNDLE" "$ID-2"
  holds "$output" "host's network"
}

@test "a hook finds an empty network by the pid in its state, and fills it" {
  in_pod ip link del eth0
  busybox_bundle "$BUNDLE" sh -c 'ip address show dev eth0'
  cat >"$BATS_TEST_TMPDIR/hook" <<HOOK
#!/bin/sh
pid=\$(jq -r .pid)
nsenter -t \$pid -n ip link add eth0 type veth peer name hooked netns /run/netns/$PEER_NS &&
nsenter -t \$pid -n ip address add 10.77.0.2/24 dev eth0 &&
nsenter -t \$pid -n ip link set eth0 up
HOOK
  chmod +x "$BATS_TEST_TMPDIR/hook"
  edit_config "$BUNDLE" '.hooks.createRuntime = [{path: $p, env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]}]' --arg p "$BATS_TEST_TMPDIR/hook"
  run kata run --bundle "$BUNDLE" "$ID"
  expect "$status" 0
  holds "$output" 'inet 10.77.0.2/24'
  gone() { ! in_peer ip link show dev hooked; }
  eventually gone
}
