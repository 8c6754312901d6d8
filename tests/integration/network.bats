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
