# shellcheck shell=bash
# A pod's network through tap and filters, against the bare veth pair that it stands on.

NETWORK_MIB=48 # in the guest's memory

# serve WHO: a web server beside WHO's end of the network, with a file that sendfile(2) sends: what copies it costs little.
serve() {
  local make="dd if=/dev/zero of=data bs=1M count=$NETWORK_MIB 2>/dev/null && exec httpd -f -p 5001"
  if [ "$1" = guest ]; then
    from_guest sh -c "cd /dev/shm && { $make & }" </dev/null
  else
    mkdir -p "$BENCH/www"
    # One process from here to the server's end.
    (cd "$BENCH/www" && exec ip netns exec "$POD_NS" "$KATA_SHARE/busybox-rootfs/bin/busybox" sh -c "$make") &
    SERVER=$!
  fi
}

# fetch_seconds: how long the peer takes to get the file, all of it.
fetch_seconds() {
  in_peer timeout 120 python3 -c '
import sys, time, urllib.request
start = time.monotonic()
with urllib.request.urlopen("http://10.77.0.2:5001/data") as answer:
    got = sum(iter(lambda: len(answer.read(1 << 20)), 0))
if got != int(sys.argv[1]) << 20:
    sys.exit(f"only {got} bytes came through")
print(time.monotonic() - start)' "$NETWORK_MIB"
}
served() { fetch_seconds >/dev/null 2>&1; }

# ping_ms COMMAND...: the average of 20 round trips.
ping_ms() { "$@" ping -c 20 -i 0.1 10.77.0.1 | sed -n 's|.*= [0-9.]*/\([0-9.]*\)/.*|\1|p'; }

from_guest() { "${KATA[@]}" exec --cap CAP_NET_RAW "$ID" "$@"; }
from_veth() { in_pod "$KATA_SHARE/busybox-rootfs/bin/busybox" "$@"; }

# measure_network WHO: guest or veth.
measure_network() {
  local i
  serve "$1"
  eventually served
  for ((i = 0; i < RUNS; i++)); do
    fetch_seconds >>"$BENCH/network-send-$1.txt"
    ping_ms "from_$1" >>"$BENCH/network-ping-$1.txt"
  done
}

bench_network() {
  local ours theirs
  make_pod_network
  busybox_bundle "$BUNDLE"
  use_pod_network "$BUNDLE"
  run_detached
  rm -f "$BENCH"/network-*.txt
  measure_network guest
  stop_container # as long as it runs, all that comes for the pod goes to the guest
  measure_network veth
  kill "$SERVER"
  rm -rf "$BENCH/www"
  ours=$(median <"$BENCH/network-send-guest.txt") theirs=$(median <"$BENCH/network-send-veth.txt")
  figure network "$(awk "BEGIN { printf \"%.0f\", $NETWORK_MIB / $ours }")" MiB/s "TCP out of the guest"
  figure network-against-veth "$(ratio "$ours" "$theirs")" times "its time against the bare veth's ($(awk "BEGIN { printf \"%.0f\", $NETWORK_MIB / $theirs }") MiB/s)"
  ours=$(median <"$BENCH/network-ping-guest.txt") theirs=$(median <"$BENCH/network-ping-veth.txt")
  figure network-latency "$ours" ms "ping from the guest"
  figure network-latency-against-veth "$(ratio "$ours" "$theirs")" times "against the bare veth's ($theirs ms)"
  remove_pod_network
}
