# shellcheck shell=bash
# What every integration test shares: the command under test, names that no other test uses, waiting, and the proof that
# nothing is left behind. Each test has its own --root and ids, so files may run side by side.

: "${KATA_BUILD_DIR:=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../../../build}"
: "${KATA_CACHE_DIR:=$HOME/.cache/kata-cpp}"
KATA_BUILD_DIR=$(readlink -f "$KATA_BUILD_DIR")
export KATA_BUILD_DIR KATA_CACHE_DIR
export KATA_SHARE=$KATA_BUILD_DIR/share/kata-containers
export KATA_RUNTIME=$KATA_BUILD_DIR/bin/kata-runtime

# A hang is a failure of its own: no command may take longer than this. Emulated machines are slow, so it is generous.
: "${KATA_LIMIT:=180}"

# kata ARG...: the command line under test with this test's --root.
kata() { timeout -k 10 "$KATA_LIMIT" "$KATA_RUNTIME" --root "${KATA_ROOT:?}" "$@"; }

# kata_do ARG...: `kata-runtime do` with nothing but the command's own output.
kata_do() { timeout -k 10 "$KATA_LIMIT" "$KATA_RUNTIME" --root "${KATA_ROOT:?}" "do" "$@"; }

# new_id: a name that appears nowhere else on this machine.
new_id() { echo "t$(od -An -tx4 -N4 /dev/urandom | tr -d ' ')"; }

# root_mark ROOT: what a root adds to the names of its sandboxes, "-" and the FNV-1a hash of the path, so that
# containers with names of their own (`do`) are found too.
root_mark() {
  local hash=2166136261 i
  for ((i = 0; i < ${#1}; i++)); do
    hash=$((((hash ^ $(printf '%d' "'${1:i:1}")) * 16777619) & 0xffffffff))
  done
  printf -- '-%08x' "$hash"
}

common_setup() {
  ID="" KATA_ROOT=""
  bats_require_minimum_version 1.5.0
  [ "$(id -u)" -eq 0 ] || skip "needs root"
  [ -x "$KATA_RUNTIME" ] || { echo "$KATA_RUNTIME is missing: ./dev build" >&2; return 1; }
  [ -f "$KATA_SHARE/kata-containers-initrd.img" ] || { echo "no guest image in $KATA_SHARE: ./dev image" >&2; return 1; }
  unset KATA_CONF_FILE
  ID=$(new_id)
  # Short: a Unix socket's path has at most 107 bytes.
  KATA_ROOT=/tmp/kata-$ID
  BUNDLE=$BATS_TEST_TMPDIR/bundle-$ID
  MARK=$(root_mark "$KATA_ROOT")
  export ID KATA_ROOT BUNDLE MARK
}

# Whatever a failed test left is ended; a passed one must have left nothing.
common_teardown() {
  [ -n "${ID:-}" ] || return 0
  if [ -n "${BATS_TEST_COMPLETED:-}" ]; then
    no_leak
    rm -rf "${KATA_ROOT:?}"
  else
    show_state >&2 || true
    force_cleanup || true
    rm -rf "${KATA_ROOT:?}"
  fi
}

show_state() {
  echo "--- left behind"
  leaks || true
  echo "--- list"
  timeout 20 "$KATA_RUNTIME" --root "${KATA_ROOT:?}" list || true
}

force_cleanup() {
  local each pid
  # A test's own root, or nothing: an empty variable here would be dear.
  [[ $KATA_ROOT == /tmp/kata-t???????? && $ID == t???????? && $MARK == -???????? ]] || return 1
  for each in "$KATA_ROOT"/*/; do
    [ -d "$each" ] && timeout 60 "$KATA_RUNTIME" --root "${KATA_ROOT:?}" delete --force "$(basename "$each")" >/dev/null 2>&1
  done
  for pid in $(own_processes); do kill -9 "$pid" 2>/dev/null; done
  sleep 1
  findmnt -rno TARGET | named | tac | while read -r each; do umount -l "$each"; done
  find /run/kata /run/kata-containers -maxdepth 4 \( -name "*$ID*" -o -name "*$MARK" \) -exec rm -rf {} + 2>/dev/null
}

# named: the lines of stdin that name this test's id or its root's mark.
named() { grep -F -e "$ID" -e "$MARK"; }

# own_processes: the pids whose command line names this test's id or root, but for the test itself, and those of its
# stand-ins, whose command line is the workload's and whose environment names the container.
own_processes() {
  local directory words line first
  # Nothing is forked for the many that are not ours: on the testbed that takes a second for ten of them.
  for directory in /proc/[0-9]*; do
    words=()
    { mapfile -d '' -t words <"$directory/cmdline"; } 2>/dev/null || continue
    line="${words[*]}"
    case $line in
      *"$ID"* | *"$MARK"*) ;;
      *)
        first=""
        { read -r -d '' first <"$directory/environ"; } 2>/dev/null || true
        [[ $first == KATA_CONTAINER=*"$ID"* ]] || continue
        ;;
    esac
    case $(readlink "$directory/exe" 2>/dev/null) in
      */bash | "") ;; # bats itself
      *) echo "${directory#/proc/}" ;;
    esac
  done
}

# leaks: one line for everything of this test that is still on the host.
leaks() {
  local pid
  for pid in $(own_processes); do
    echo "process $pid: $({ tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null | cut -c 1-160)"
  done
  findmnt -rno TARGET 2>/dev/null | named | sed 's/^/mount: /'
  named </proc/net/unix | awk '{print "socket: " $NF}'
  find /run/kata /run/kata-containers /run/vc -maxdepth 5 \( -name "*$ID*" -o -name "*$MARK" \) 2>/dev/null | sed 's/^/path: /'
  find "$KATA_ROOT" -mindepth 1 2>/dev/null | sed 's/^/path: /'
  find /sys/fs/cgroup -maxdepth 6 -type d \( -name "*$ID*" -o -name "*$MARK*" \) 2>/dev/null | sed 's/^/cgroup: /'
}

# no_leak: fails, and says what, when something is left. Ends are asynchronous, so it waits a little.
no_leak() {
  local tries
  for ((tries = 0; tries < 50; tries++)); do
    [ -n "$(leaks)" ] || return 0
    sleep 0.2
  done
  echo "left behind:" >&2
  leaks >&2
  force_cleanup || true
  return 1
}

# eventually CMD...: waits until CMD succeeds.
eventually() {
  local end=$((SECONDS + ${KATA_WAIT:-60}))
  until "$@" >/dev/null 2>&1; do
    if ((SECONDS >= end)); then
      "$@" && return 0 # once more, for its words
      echo "never became true: $*" >&2
      return 1
    fi
    sleep 0.1
  done
}

# status_is ID STATUS: what `state` says.
status_is() { [ "$(kata state "$1" 2>/dev/null | jq -r .status)" = "$2" ]; }

# is_gone PID: there is no such process any more.
is_gone() { ! kill -0 "$1" 2>/dev/null; }

# shim_pid ID, qemu_pid ID, standin_pid ID: of a container of this test's root.
shim_pid() { process_of containerd-shim-kata-v2 "$1"; }
qemu_pid() { process_of qemu-system "$1"; }
standin_pid() { kata state "$1" | jq -r .pid; }

# process_of PROGRAM ID: the pid of the program whose command line names the id.
process_of() {
  local pid
  for pid in $(pgrep -f -- "$2"); do
    case $(readlink "/proc/$pid/exe" 2>/dev/null) in
      *"$1"*) echo "$pid"; return 0 ;;
    esac
  done
  return 1
}

# resident PID: VmRSS in KiB. resident_peak PID: VmHWM in KiB.
resident() { awk '/^VmRSS:/ { print $2 }' "/proc/$1/status"; }
resident_peak() { awk '/^VmHWM:/ { print $2 }' "/proc/$1/status"; }

# expect ACTUAL WANTED [WHAT]: equal, or a failure that shows both.
expect() {
  [ "$1" = "$2" ] || { printf '%s: got "%s", wanted "%s"\n' "${3:-value}" "$1" "$2" >&2; return 1; }
}

# holds TEXT PATTERN: the text matches the extended regular expression.
holds() {
  grep -qE -- "$2" <<<"$1" || { printf 'this does not match "%s":\n%s\n' "$2" "$1" >&2; return 1; }
}
