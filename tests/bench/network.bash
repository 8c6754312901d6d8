# shellcheck shell=bash
# A pod's network through tap and filters, against the bare veth pair that it stands on.

NETWORK_MIB=128

# receive: a listener in the peer's namespace that takes everything; its pid.
receive() {
  in_peer timeout 120 "$KATA_SHARE/busybox-rootfs/bin/busybox" nc -l -p 5001 </dev/null >/dev/null &
  RECEIVER=$!
  sleep 0.5
}

# send_seconds COMMAND...: how long COMMAND takes to get NETWORK_MIB to the peer.
send_seconds() {
  local from
  receive
  from=$(date +%s%N)
  "$@" sh -c "head -c $((NETWORK_MIB << 20)) /dev/zero | nc 10.77.0.1 5001" >/dev/null || { kill "$RECEIVER"; return 1; }
  wait "$RECEIVER" || true
  awk "BEGIN { print ($(date +%s%N) - $from) / 1e9 }"
}

# ping_ms COMMAND...: the average of 20 round trips.
ping_ms() { "$@" ping -c 20 -i 0.1 10.77.0.1 | sed -n 's|.*= [0-9.]*/\([0-9.]*\)/.*|\1|p'; }

from_guest() { "${KATA[@]}" exec --cap CAP_NET_RAW "$ID" "$@"; }
from_veth() { in_pod "$KATA_SHARE/busybox-rootfs/bin/busybox" "$@"; }

bench_network() {
  local i who
  make_pod_network
  busybox_bundle "$BUNDLE"
  use_pod_network "$BUNDLE"
  "${KATA[@]}" run --detach --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
  rm -f "$BENCH"/network-*.txt
  for ((i = 0; i < RUNS; i++)); do
    for who in guest veth; do
      send_seconds "from_$who" >>"$BENCH/network-send-$who.txt"
      ping_ms "from_$who" >>"$BENCH/network-ping-$who.txt"
    done
  done
  local ours theirs
  ours=$(median <"$BENCH/network-send-guest.txt") theirs=$(median <"$BENCH/network-send-veth.txt")
  figure network "$(awk "BEGIN { printf \"%.0f\", $NETWORK_MIB / $ours }")" MiB/s "TCP out of the guest"
  figure network-against-veth "$(ratio "$ours" "$theirs")" times "its time against the bare veth's ($(awk "BEGIN { printf \"%.0f\", $NETWORK_MIB / $theirs }") MiB/s)"
  ours=$(median <"$BENCH/network-ping-guest.txt") theirs=$(median <"$BENCH/network-ping-veth.txt")
  figure network-latency "$ours" ms "ping from the guest"
  figure network-latency-against-veth "$(ratio "$ours" "$theirs")" times "against the bare veth's ($theirs ms)"
  stop_container
  remove_pod_network
}
