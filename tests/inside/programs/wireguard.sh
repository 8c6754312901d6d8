# WireGuard: a tunnel between two network namespaces that a veth pair connects.
set -e
cd "$(mktemp -d)"
for each in a b; do
  ip netns add $each
  (umask 077 && wg genkey >$each.key)
  wg pubkey <$each.key >$each.pub
done
ip link add va netns a type veth peer name vb netns b
n=1
for each in a b; do
  other=$(echo ab | tr -d $each)
  ip -n $each address add 10.0.0.$n/24 dev v$each
  ip -n $each link set v$each up
  ip -n $each link add wg0 type wireguard
  ip netns exec $each wg set wg0 listen-port 5000 private-key $each.key peer "$(cat "$other.pub")" allowed-ips 10.9.0.0/24 endpoint 10.0.0.$((3 - n)):5000
  ip -n $each address add 10.9.0.$n/24 dev wg0
  ip -n $each link set wg0 up
  n=$((n + 1))
done
ip netns exec a ping -q -c 3 -W 20 10.9.0.2 | grep -o '3 received'
ip netns exec a wg show wg0 | grep -c 'latest handshake'
ip netns del a
ip netns del b
