#!/usr/bin/env bats
# What a container uses and the guest's kernel does not have yet, the kernel loads by itself: with each of the kernels.
# shellcheck disable=SC2030,SC2031 # each test has its own `output`

setup() {
  load lib/kata
  load lib/bundle
  common_setup
}
teardown() { common_teardown; }

# shellcheck disable=SC2016 # the dollars in single quotes are the container's

# capable CAPABILITIES SCRIPT: runs it with these; none may load modules itself.
capable() {
  [ -d "$BUNDLE" ] || busybox_bundle "$BUNDLE"
  write_config "$BUNDLE" sh -c "$2"
  give_capabilities "$BUNDLE" "$1"
  edit_config "$BUNDLE" '.mounts += [{destination: "/w", type: "tmpfs", source: "tmpfs"}]
    | .linux.resources.devices += [{allow: true, type: "c", major: 10, minor: 229, access: "rwm"}]' # /dev/fuse
  kata run --bundle "$BUNDLE" "$ID" </dev/null
}

interfaces() {
  use_kernel "$1"
  busybox_bundle "$BUNDLE"
  add_programs "$BUNDLE/rootfs" /usr/sbin/ip
  run -0 --separate-stderr capable "NET_ADMIN NET_RAW" '
    for kind in dummy bridge veth wireguard "vxlan id 7 dstport 4789"; do
      /usr/sbin/ip link add "x${kind%% *}" type $kind && echo "ok ${kind%% *}"
    done
    for kind in macvlan ipvlan macvtap "vlan id 7"; do
      /usr/sbin/ip link add "on${kind%% *}" type dummy && /usr/sbin/ip link add link "on${kind%% *}" name "x${kind%% *}" type $kind && echo "ok ${kind%% *}"
    done
    ls /sys/class/net | grep -E "^(dummy|ifb|bond)[0-9]" || echo none by itself'
  expect "$output" "$(printf 'ok %s\n' dummy bridge veth wireguard vxlan macvlan ipvlan macvtap vlan; echo none by itself)"
}

@test "interfaces of every kind, stock kernel" { interfaces stock; }
@test "interfaces of every kind, our kernel" { interfaces own; }

firewalls() {
  local extensions
  use_kernel "$1"
  busybox_bundle "$BUNDLE"
  add_programs "$BUNDLE/rootfs" /usr/sbin/xtables-nft-multi /usr/sbin/xtables-legacy-multi /usr/sbin/nft
  extensions=$(dirname "$(dpkg -L iptables | grep '/libxt_statistic.so$')")
  add_programs "$BUNDLE/rootfs" "$extensions/libxt_statistic.so" # needs more libraries than the others
  cp -a "$extensions" "$BUNDLE/rootfs$(dirname "$extensions")/"
  # Rules of Docker, kube-proxy and Istio.
  run -0 --separate-stderr capable "NET_ADMIN NET_RAW" '
    for tables in "/usr/sbin/xtables-legacy-multi iptables" "/usr/sbin/xtables-nft-multi iptables" "/usr/sbin/xtables-legacy-multi ip6tables"; do
      t() { $tables "$@" || echo "failed: $tables $*"; }
      t -t nat -N DOCKER
      t -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
      t -t nat -A POSTROUTING ! -o docker0 -m mark --mark 0x4000/0x4000 -j MASQUERADE
      t -t nat -A DOCKER -p tcp --dport 80 -m comment --comment web -m statistic --mode random --probability 0.5 -j REDIRECT --to-ports 8080
      t -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
      t -A INPUT -p tcp -m multiport --dports 1,2 -m limit --limit 5/s -j REJECT
      t -t mangle -A OUTPUT -m owner --uid-owner 7 -j MARK --set-mark 1
      t -t raw -A PREROUTING -p udp -j CT --notrack
      echo "$($tables -t nat -S | grep -c -E "MASQUERADE|REDIRECT|addrtype") of ${tables##*/}"
    done
    /usr/sbin/nft "add table inet t; add chain inet t c { type nat hook postrouting priority 100; }; add rule inet t c ct state new counter masquerade; add set inet t s { type ipv4_addr; }; add rule inet t c ip saddr @s limit rate 1/second log drop" &&
      /usr/sbin/nft list table inet t | grep -c masquerade'
  expect "$output" "3 of xtables-legacy-multi iptables
3 of xtables-nft-multi iptables
3 of xtables-legacy-multi ip6tables
1" "$stderr"
}

@test "iptables of both kinds and nft, stock kernel" { firewalls stock; }
@test "iptables of both kinds and nft, our kernel" { firewalls own; }

@test "iptables of the old kind in a privileged exec of a container that may not change the network, stock kernel" {
  use_kernel stock
  busybox_bundle "$BUNDLE"
  add_programs "$BUNDLE/rootfs" /usr/sbin/xtables-legacy-multi
  kata run --detach --bundle "$BUNDLE" "$ID"
  run -0 kata exec --cap CAP_NET_ADMIN --cap CAP_NET_RAW "$ID" /usr/sbin/xtables-legacy-multi iptables -t nat -S
  holds "$output" '^-P POSTROUTING ACCEPT$'
  kata delete --force "$ID"
}

file_systems() {
  use_kernel "$1"
  busybox_bundle "$BUNDLE"
  cp "$KATA_BUILD_DIR/tests/guest_probe" "$BUNDLE/rootfs/bin/"
  run -0 --separate-stderr capable "SYS_ADMIN MKNOD DAC_OVERRIDE NET_ADMIN NET_RAW" '
    cd /w && mkdir lower upper work merged && echo below >lower/file
    mount -t overlay o -o lowerdir=lower,upperdir=upper,workdir=work merged && echo above >>merged/file && cat merged/file
    mkdir dev dev/net && mknod dev/fuse c 10 229 && mknod dev/net/tun c 10 200 && guest_probe /w/dev fuse tun nftables ipset iptables'
  expect "${lines[0]} ${lines[1]}" "below above" "$stderr"
  expect "$(grep -c "^ok " <<<"$output")" 5 "$output $stderr"
}

@test "overlay, fuse, tun, sets of addresses, stock kernel" { file_systems stock; }
@test "overlay, fuse, tun, sets of addresses, our kernel" { file_systems own; }

@test "what is not in the list stays out, stock kernel" {
  use_kernel stock
  run -0 --separate-stderr capable "NET_ADMIN SYS_ADMIN" 'mount -t jfs none /w; echo $?; ip link add x0 type batadv; echo $?; grep -c -E "^(jfs|batman)" /proc/modules; true'
  expect "${lines[2]}" 0 "modules"
  [ "${lines[0]}" != 0 ]
  [ "${lines[1]}" != 0 ]
}

@test "a guest that needs none has none of it, stock kernel" {
  use_kernel stock
  run -0 --separate-stderr capable "CHOWN SYS_ADMIN" 'grep -c -E "^(bridge|ip_tables|nf_tables|veth|wireguard)" /proc/modules; true'
  expect "$output" 0
}

@test "modules of the configuration come from there, too" {
  printf '[agent.kata]\nkernel_modules = ["br_netfilter", "dummy numdummies=2"]\n' >"$BATS_TEST_TMPDIR/more"
  use_kernel stock "$(cat "$BATS_TEST_TMPDIR/more")"
  run -0 --separate-stderr capable "CHOWN" 'cat /proc/sys/net/bridge/bridge-nf-call-iptables; ls /sys/class/net | grep -c dummy'
  expect "$output" "$(printf '1\n2')"
}
