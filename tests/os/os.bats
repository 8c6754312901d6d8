#!/usr/bin/env bats
# ./dev os from the outside: what it prints, its status, and what it leaves. What runs in it is in tests/os/inside.

: "${KATA_BUILD_DIR:=$(dirname "$(readlink -f "$BATS_TEST_FILENAME")")/../../build}"
: "${KATA_OS:=debian-13}"
dev=$(dirname "$(readlink -f "$BATS_TEST_FILENAME")")/../../dev

setup() {
  load ../integration/lib/kata
  bats_require_minimum_version 1.5.0
  [ "$(id -u)" -eq 0 ] || skip "needs root"
}

@test "os: another Debian with the command's output, apart, its status, its settings; the host's files stay as they are" {
  local file=/var/tmp/kata-os-was-here-$$
  KATA_GREETING="a b'c" run -42 --separate-stderr "$dev" os "$KATA_OS" -- bash -c '
    echo "$KATA_GREETING"; . /etc/os-release; echo "$ID-$VERSION_ID"; hostname; pwd; echo "$KATA_BUILD_DIR"; cat /proc/1/comm
    ls -d /sys/fs/cgroup/*/ >/dev/null && test -c /dev/null && test -d "$KATA_CACHE_DIR" || exit 1
    echo problem >&2; touch "$1" || exit 1; exit 42' - "$file"
  expect "${lines[0]}" "a b'c"
  expect "${lines[1]}" "$KATA_OS"
  expect "${lines[2]}" "$KATA_OS"
  expect "${lines[3]}" "$PWD"
  expect "${lines[4]}" "$KATA_BUILD_DIR-$KATA_OS"
  expect "${lines[5]}" bash # of a pid namespace of its own
  holds "$stderr" '^problem$'
  [ ! -e "$file" ]
  run -1 grep -F "$KATA_CACHE_DIR/os-" /proc/self/mountinfo # others may mount what they like meanwhile
}

@test "os: standard input reaches the command; engines find file systems for their layers; user namespaces can be made" {
  run -0 --separate-stderr bash -c 'echo words | "$1" os "$2" -- cat' - "$dev" "$KATA_OS"
  expect "$output" words
  run -0 --separate-stderr "$dev" os "$KATA_OS" -- bash -c '
    cd /var/lib/containerd && mkdir a b c d && mount -t overlay -o lowerdir=a,upperdir=b,workdir=c x d && touch d/file && ls b
    unshare --user --map-root-user id -u'
  expect "$output" $'file\n0'
}

@test "os: kill -9 of it ends all its processes; so does SIGTERM, with status 143" {
  local seconds=100$RANDOM signal got
  for signal in KILL TERM; do
    "$dev" os "$KATA_OS" -- bash -c "sleep $seconds & sleep $seconds" 3>&- 2>/dev/null &
    DEV=$!
    runs() { pgrep -x -f "sleep $seconds" >/dev/null; }
    ended() { ! runs; }
    eventually runs
    kill -s "$signal" "$DEV"
    got=0
    wait "$DEV" || got=$?
    eventually ended
  done
  expect "$got" 143
}

@test "os: packages and engines of another Debian are not the host's" {
  run -0 --separate-stderr "$dev" os "$KATA_OS" -- bash -c 'cd "$KATA_CACHE_DIR" && stat -c %i packages engines'
  if [ "$KATA_OS" = "$(. /etc/os-release && echo "$ID-$VERSION_ID")" ]; then
    expect "$output" "$(cd "$KATA_CACHE_DIR" && stat -c %i packages engines)"
  else
    expect "$output" "$(cd "$KATA_CACHE_DIR" && stat -c %i "packages-$KATA_OS" "engines-$KATA_OS")"
  fi
}

@test "os: a Debian that there is not, and no command, are usage errors" {
  run -2 "$dev" os debian-7 -- true
  holds "$output" '^usage: ./dev os'
  run -2 "$dev" os "$KATA_OS"
  holds "$output" '^usage: ./dev os'
}
