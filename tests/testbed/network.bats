#!/usr/bin/env bats
# A pod's network where the kernel has what others lack: vhost-net, and the interface types vlan and ipvlan.

setup() {
  load ../integration/lib/kata
  load ../integration/lib/bundle
  load ../integration/lib/netns
  load lib/testbed
  testbed_setup
  make_pod_network
}
teardown() {
  [ -z "${BATS_TEST_COMPLETED:-}" ] || pod_is_clean || { in_pod ip -o link; in_pod tc qdisc show; false; }
  remove_pod_network
  common_teardown
}

@test "vhost-net moves the frames of a pod, both ways" {
  local qemu sum
  serve_from_peer
  dd if=/dev/urandom of="$BATS_TEST_TMPDIR/www/data" bs=1M count=4 status=none
  start_pod httpd -f -p 8080 -h /etc
  qemu=$(process_of qemu-system "$ID")
  holds "$(tr '\0' '\n' <"/proc/$qemu/cmdline")" 'vhost=on'
  pgrep -x "vhost-$qemu"
  same_network eth0
  pings 10.77.0.1
  pings fd77::1
  sum=$(md5sum <"$BATS_TEST_TMPDIR/www/data")
  expect "$(in_guest 'wget -qO- http://10.77.0.1/data | md5sum')" "$sum" "what came through"
  peer_busybox wget -qO- 'http://[fd77::2]:8080/passwd' | grep -q root
  kata delete --force "$ID"
  run ! pgrep -x "vhost-$qemu"
}

@test "a vlan in the pod: its frames carry the tag outside" {
  in_pod ip link add link eth0 name eth0.5 type vlan id 5
  in_peer ip link add link eth0 name eth0.5 type vlan id 5
  in_pod ip address flush dev eth0
  in_pod ip address add 10.79.0.2/24 dev eth0.5
  in_pod ip link set eth0.5 up
  in_peer ip address add 10.79.0.1/24 dev eth0.5
  in_peer ip link set eth0.5 up
  start_pod
  same_network eth0.5
  pings 10.79.0.1
  kata delete --force "$ID"
}

@test "an ipvlan in the pod, which shares its parent's address" {
  in_pod ip address flush dev eth0
  in_pod ip link add ipv0 link eth0 type ipvlan mode l2
  in_pod ip address add 10.77.0.5/24 dev ipv0
  in_pod ip address add fd77::5/64 dev ipv0 nodad
  in_pod ip link set ipv0 up
  start_pod
  same_network ipv0
  pings 10.77.0.1
  pings fd77::1
  kata delete --force "$ID"
}
