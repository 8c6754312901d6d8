#!/usr/bin/env bats
# Our ttrpc client against containerd's ttrpc server: Events.Forward, as the shim publishes its events.

: "${KATA_BUILD_DIR:=$(dirname "$(readlink -f "$BATS_TEST_FILENAME")")/../../build}"

setup() {
  load lib/engines
  bats_require_minimum_version 1.5.0
  [ "$(id -u)" -eq 0 ] || skip "needs root"
  [ -z "${KATA_CONTAINERD:-}" ] || use_engine "$KATA_CONTAINERD"
  command -v containerd >/dev/null || skip "containerd is not installed"
  HOME_DIR=$(mktemp -d /tmp/kata-ctrd.XXXXXX) # short: a Unix socket's path has at most 107 bytes
  SOCKET=$HOME_DIR/c.sock
  printf 'version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n' >"$HOME_DIR/config.toml"
  containerd --config "$HOME_DIR/config.toml" --root "$HOME_DIR/root" --state "$HOME_DIR/state" \
    --address "$SOCKET" >"$HOME_DIR/log" 2>&1 3>&- &
  CONTAINERD=$!
  eventually ctr --address "$SOCKET" version
}

teardown() {
  [ -n "${HOME_DIR:-}" ] || return 0
  [ -n "${BATS_TEST_COMPLETED:-}" ] || tail -n 20 "$HOME_DIR/log" >&2
  kill "$CONTAINERD"
  wait "$CONTAINERD" || true
  rm -rf "$HOME_DIR"
}

# eventually CMD...: until it succeeds, for a minute.
eventually() {
  local i
  for ((i = 0; i < 300; i++)); do
    "$@" >/dev/null 2>&1 && return 0
    sleep 0.2
  done
  echo "never succeeded: $*" >&2
  return 1
}

forward() { timeout 60 "$KATA_BUILD_DIR/tests/forward_event" "$SOCKET.ttrpc" "$@"; }

# Forwards until the subscriber, which starts late, has seen one.
forward_and_see() {
  forward kata-test a-container 42 && grep -q a-container "$HOME_DIR/events"
}

@test "containerd takes an event from our ttrpc client and passes it on" {
  ctr --address "$SOCKET" events >"$HOME_DIR/events" 2>&1 3>&- &
  local subscriber=$!
  run eventually forward_and_see
  kill "$subscriber"
  [ "$status" -eq 0 ]
  local line
  line=$(grep -m1 a-container "$HOME_DIR/events")
  [[ $line == *kata-test* ]]
  [[ $line == */tasks/exit* ]]
  [[ $line == *'"exit_status":42'* ]]
  [[ $line == *'"pid":4711'* ]]
}

@test "containerd's refusal comes back with its code and message" {
  run -1 forward kata-test a-container 0 no-leading-slash
  [[ $output == 'code 3: '*topic* ]] # invalid argument
}

@test "a socket that is not there is named in the error" {
  run -1 timeout 60 "$KATA_BUILD_DIR/tests/forward_event" "$HOME_DIR/none.ttrpc" n c 0
  [[ $output == *"$HOME_DIR/none.ttrpc"* ]]
}
