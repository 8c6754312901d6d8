#!/usr/bin/env bats
# localhost of the pod's network namespace on the host, and of the guest: what listens on one is reached from the other.

setup() {
  load lib/kata
  load lib/bundle
  load lib/netns
  common_setup
  make_pod_network
  RESOLVER=""
}
teardown() {
  [ -z "$RESOLVER" ] || kill "$RESOLVER" 2>/dev/null || true
  [ -z "${BATS_TEST_COMPLETED:-}" ] || eventually nobody_listens
  remove_pod_network
  common_teardown
}

# nobody_listens: no socket in the pod's namespace waits for anybody.
nobody_listens() { [ -z "$(in_pod cat /proc/net/tcp /proc/net/tcp6 /proc/net/udp | awk '$4 == "0A" || $4 == "07"')" ]; }

pod_busybox() { in_pod "$KATA_SHARE/busybox-rootfs/bin/busybox" "$@"; }

# start_resolver ADDRESS: a name server in the pod's namespace as Docker has it: ports that nobody knows, and rules that
# lead port 53 there.
start_resolver() {
  local ports=$BATS_TEST_TMPDIR/ports
  ip netns exec "$POD_NS" python3 "$BATS_TEST_DIRNAME/lib/resolver.py" "$1" 10.77.0.1 "$ports" 3>&- &
  RESOLVER=$!
  eventually test -f "$ports"
  local udp tcp
  read -r udp tcp <"$ports"
  in_pod iptables -t nat -A OUTPUT -d "$1" -p udp --dport 53 -j DNAT --to-destination "$1:$udp"
  in_pod iptables -t nat -A OUTPUT -d "$1" -p tcp --dport 53 -j DNAT --to-destination "$1:$tcp"
  in_pod iptables -t nat -A POSTROUTING -s "$1" -p udp --sport "$udp" -j SNAT --to-source :53
  in_pod iptables -t nat -A POSTROUTING -s "$1" -p tcp --sport "$tcp" -j SNAT --to-source :53
}

# bundle_with_resolver ADDRESS [ARG...]: a bundle whose resolv.conf names it.
bundle_with_resolver() {
  busybox_bundle "$BUNDLE" "${@:2}"
  use_pod_network "$BUNDLE"
  echo "nameserver $1" >"$BATS_TEST_TMPDIR/resolv.conf"
  edit_config "$BUNDLE" '.mounts += [{destination: "/etc/resolv.conf", type: "bind", source: $s, options: ["rbind", "ro"]}]' \
    --arg s "$BATS_TEST_TMPDIR/resolv.conf"
}

@test "a name server on the pod's loopback, as Docker's, answers from the workload's first instruction on" {
  in_pod iptables -t nat -L -n || skip "the host has no netfilter"
  start_resolver 127.0.0.11
  bundle_with_resolver 127.0.0.11 sh -c 'nslookup web.test; exec sleep 1000'
  kata create --bundle "$BUNDLE" "$ID" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&-
  kata start "$ID"
  first_answer() { grep -q '^Address.*10\.77\.0\.1$' "$BATS_TEST_TMPDIR/out"; }
  eventually first_answer
  in_guest 'nslookup other.test' | grep '10\.77\.0\.1'
  # Over TCP: two bytes of length before the question.
  local asked="printf '\\0\\032\\022\\064\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0\\3web\\4test\\0\\0\\1\\0\\1'"
  expect "$(in_guest "$asked | nc -w 20 127.0.0.11 53" | tail -c 4 | od -An -tu1 | xargs)" "10 77 0 1"
  # A container may serve the same port on all addresses, as it may beside Docker's.
  kata exec --detach "$ID" nc -ll -p 53 -e cat
  answers_itself() { [ "$(in_guest 'echo own | nc -w 20 127.0.0.1 53')" = own ]; }
  eventually answers_itself
  in_guest 'nslookup third.test' | grep '10\.77\.0\.1'
  kill "$RESOLVER"
  kata delete --force "$ID"
}

@test "a program in the pod's namespace reaches what listens in the guest, and only that" {
  start_pod httpd -f -p 127.0.0.1:8080 -h /etc
  local url=http://127.0.0.1
  eventually pod_busybox wget -qO "$BATS_TEST_TMPDIR/passwd" $url:8080/passwd
  cmp "$BATS_TEST_TMPDIR/passwd" "$BUNDLE/rootfs/etc/passwd"
  run ! in_pod bash -c 'exec 9<>/dev/tcp/127.0.0.1/8081'
  holds "$output" 'refused'
  # What starts later, and on all addresses; and what ends.
  kata exec --detach "$ID" httpd -f -p 8082 -h /etc
  eventually pod_busybox wget -qO /dev/null $url:8082/passwd
  in_guest 'kill $(ps | grep "[h]ttpd -f -p 8082" | awk "{print \$1}")'
  is_refused() { ! in_pod bash -c 'exec 9<>/dev/tcp/127.0.0.1/8082'; }
  eventually is_refused
  pod_busybox wget -qO /dev/null $url:8080/passwd
  kata delete --force "$ID"
}

@test "much goes through both ways, each direction ends by itself, and many are served at once" {
  start_pod sh -c 'mkdir /www; head -c 300000 /dev/urandom >/www/much; nc -ll -p 7000 -e cat & exec httpd -f -p 7001 -h /www'
  listens() { in_pod bash -c 'exec 9<>/dev/tcp/127.0.0.1/7000 8<>/dev/tcp/127.0.0.1/7001'; }
  eventually listens
  in_pod python3 - <<'END'
import os, socket, threading

def echo(sent):
    with socket.create_connection(("127.0.0.1", 7000)) as peer:
        threading.Thread(target=lambda: (peer.sendall(sent), peer.shutdown(socket.SHUT_WR))).start()
        return b"".join(iter(lambda: peer.recv(65536), b""))

sent = os.urandom(4 << 20)
assert echo(sent) == sent

def get(answers):
    with socket.create_connection(("127.0.0.1", 7001)) as peer:
        peer.sendall(b"GET /much HTTP/1.0\r\n\r\n")
        answers.append(b"".join(iter(lambda: peer.recv(65536), b"")).partition(b"\r\n\r\n")[2])

answers = []
threads = [threading.Thread(target=get, args=(answers,)) for _ in range(8)]
[one.start() for one in threads]
[one.join() for one in threads]
assert [len(one) for one in answers] == [300000] * 8 and len(set(answers)) == 1, [len(one) for one in answers]
END
  kata delete --force "$ID"
}

@test "off by its key: nothing listens, and nobody answers" {
  export KATA_CONF_FILE=$BATS_TEST_TMPDIR/configuration.toml
  printf '[runtime]\nloopback_relay = false\n' >"$KATA_CONF_FILE"
  in_pod iptables -t nat -L -n || skip "the host has no netfilter"
  start_resolver 127.0.0.11
  bundle_with_resolver 127.0.0.11 httpd -f -p 127.0.0.1:8080 -h /etc
  kata run --detach --bundle "$BUNDLE" "$ID"
  eventually in_guest 'wget -qO- http://127.0.0.1:8080/passwd'
  run ! in_guest 'nc -w 2 127.0.0.11 53 </dev/null'
  run ! in_pod bash -c 'exec 9<>/dev/tcp/127.0.0.1/8080'
  kill "$RESOLVER"
  kata delete --force "$ID"
}
