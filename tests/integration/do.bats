#!/usr/bin/env bats
# kata-runtime do: a command in a virtual machine, without an engine or an image.

setup() {
  load lib/kata
  load lib/bundle
  common_setup
}
teardown() { common_teardown; }

@test "do runs a command in another kernel and shows its output" {
  run -0 --separate-stderr kata_do -- uname -r
  expect "$output" "$(strings -n 8 "$KATA_SHARE/vmlinux.container" | sed -n 's/^Linux version \([^ ]*\) .*/\1/p' | head -n 1)" kernel
}

@test "do exits with the command's status" {
  run -42 kata_do -- sh -c 'exit 42'
}

@test "do: a command ended by a signal is 128 + n" {
  run -143 kata_do -- sh -c 'sh -c "kill -TERM \$\$"; exit $?'
}

@test "do: a command that is not there is 127 and says so" {
  run kata_do -- /no/such/command
  [ "$status" -eq 127 ] || [ "$status" -eq 1 ]
  holds "$output" 'no/such/command'
}

@test "do: environment, working directory, user, processors, memory, hostname" {
  run -0 --separate-stderr kata_do --env GREETING='hello world' --workdir /var/tmp --user 1000:1001 --cpus 2 --memory 300 -- \
    sh -c 'echo "$GREETING"; pwd; id -u; id -g; nproc; awk "/MemTotal/ { print \$2 }" /proc/meminfo'
  expect "${lines[0]}" "hello world"
  expect "${lines[1]}" /var/tmp
  expect "${lines[2]}" 1000
  expect "${lines[3]}" 1001
  expect "${lines[4]}" 2
  [ "${lines[5]}" -gt 150000 ]
  [ "${lines[5]}" -le 307200 ]
}

@test "do: volumes, read-write and read-only" {
  mkdir -p "$BUNDLE/rw" "$BUNDLE/ro"
  echo from-host >"$BUNDLE/rw/in"
  echo keep >"$BUNDLE/ro/file"
  run -0 --separate-stderr kata_do --volume "$BUNDLE/rw:/data" --volume "$BUNDLE/ro:/fixed:ro" -- sh -c \
    'cat /data/in; echo from-guest >/data/out; cat /fixed/file; echo no >/fixed/file 2>/dev/null || echo refused'
  expect "$output" "$(printf 'from-host\nkeep\nrefused')"
  expect "$(cat "$BUNDLE/rw/out")" from-guest
  expect "$(cat "$BUNDLE/ro/file")" keep
}

@test "do: a root file system of the host" {
  mkdir -p "$BUNDLE"
  cp -a "$KATA_SHARE/busybox-rootfs" "$BUNDLE/rootfs"
  echo mark >"$BUNDLE/rootfs/etc/mark"
  run -0 --separate-stderr kata_do --rootfs "$BUNDLE/rootfs" -- cat /etc/mark
  expect "$output" mark
}

@test "do --timing says where the time went" {
  run -0 --separate-stderr kata_do --timing -- true
  for phase in shim VMM firmware kernel agent channel sandbox container start command; do
    holds "$stderr" "(^|[^a-z])$phase"
  done
}

@test "two at once do not disturb each other" {
  kata_do -- sh -c 'sleep 1; echo one' >"$BATS_TEST_TMPDIR/one" &
  local first=$!
  run -0 --separate-stderr kata_do -- echo two
  expect "$output" two
  wait "$first"
  expect "$(cat "$BATS_TEST_TMPDIR/one")" one
}

@test "do --net reaches what the host reaches, and nothing of the host's own loopback" {
  command -v slirp4netns >/dev/null || skip "needs slirp4netns: ./dev setup"
  local ns=net-$ID server
  ip netns add "$ns"
  ip -n "$ns" link set lo up
  ip -n "$ns" link add d0 type veth peer name d1
  ip -n "$ns" addr add 10.77.0.1/24 dev d0
  ip -n "$ns" link set d0 up
  ip -n "$ns" link set d1 up
  mkdir "$BATS_TEST_TMPDIR/www"
  echo page >"$BATS_TEST_TMPDIR/www/x"
  ip netns exec "$ns" python3 -m http.server --directory "$BATS_TEST_TMPDIR/www" 8000 >/dev/null 2>&1 3>&- &
  server=$!
  eventually ip netns exec "$ns" curl -fsS http://10.77.0.1:8000/x
  # shellcheck disable=SC2016
  run -0 --separate-stderr ip netns exec "$ns" "$KATA_RUNTIME" --root "$KATA_ROOT" "do" --net -- sh -c '
    get() { printf "GET /x HTTP/1.0\r\n\r\n" | nc -w 5 "$1" 8000 | tail -n 1; }
    get 10.77.0.1; get 10.0.2.2; cat /etc/resolv.conf; ip -o addr show tap0 | grep -c "inet 10.0.2.100/24"'
  kill "$server"
  ip netns del "$ns"
  expect "$output" $'page\nnameserver 10.0.2.3\n1'
  eventually sh -c "! pgrep -f '[s]lirp4netns --configure.*tap0'"
}

@test "do --net without slirp4netns says what to install" {
  run -1 env PATH=/nowhere "$KATA_RUNTIME" --root "$KATA_ROOT" "do" --net -- true
  holds "$output" '--net needs slirp4netns.*install the package slirp4netns'
}
