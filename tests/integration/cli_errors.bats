#!/usr/bin/env bats
# The command line's own errors: no virtual machine is started here.

setup() {
  load lib/kata
  load lib/bundle
  common_setup
}
teardown() { common_teardown; }

# fails PATTERN CMD...: status 1, one line on stderr that says PATTERN, nothing on stdout, nothing left behind.
fails() { fails_with 1 "$@"; }

# fails_with STATUS PATTERN CMD...
fails_with() {
  local status_wanted=$1 pattern=$2
  shift 2
  run "-$status_wanted" --separate-stderr "$@"
  expect "$output" "" "stdout of $*"
  holds "$stderr" "^kata-runtime: .*($pattern)"
}

@test "ids: every command refuses what is no name" {
  local id
  for id in ../x a/b .hidden 'a b' "$(printf 'x%.0s' {1..201})"; do
    fails 'invalid container id' kata state "$id"
    fails 'invalid container id' kata delete --force "$id"
    fails 'invalid container id' kata kill "$id"
  done
  [ ! -e "$KATA_ROOT" ]
}

@test "an unknown id: does not exist" {
  local command
  for command in state start delete kill pause resume ps events update 'exec'; do
    case $command in
      exec) fails_with 255 'does not exist' kata exec "$ID" true ;;
      *) fails 'does not exist' kata "$command" "$ID" ;;
    esac
  done
}

@test "--: an id follows, or a command" {
  local command
  for command in state start delete kill pause; do
    fails "container \"$ID\" does not exist" kata "$command" -- "$ID"
  done
  fails_with 255 "container \"$ID\" does not exist" kata exec -- "$ID" true
  fails_with 255 "container \"$ID\" does not exist" kata exec "$ID" -- true
}

@test "a bundle that names no program" {
  busybox_bundle "$BUNDLE"
  edit_config "$BUNDLE" 'del(.process)'
  fails 'process.args is missing' kata create --bundle "$BUNDLE" "$ID"
  [ ! -e "$KATA_ROOT/$ID" ]
}

@test "kill: a signal that is none, before anything else" {
  fails 'unknown signal "NOPE"' kata kill "$ID" NOPE
  fails 'unknown signal "65"' kata kill "$ID" 65
}

@test "update, events, list, ps: values that are none" {
  fails 'invalid size "lots"' kata update --memory lots "$ID"
  fails 'invalid interval' kata events --interval soon "$ID"
  fails 'unknown format' kata list --format yaml
  fails 'unknown format' kata ps --format yaml "$ID"
  fails 'No such file' kata update --resources "$BATS_TEST_TMPDIR/none" "$ID"
  fails 'resctrl' kata update --l3-cache-schema 'L3:0=f' "$ID"
}

@test "do: no command, bad volumes, users and sizes" {
  fails 'do needs a command' kata_do
  fails 'invalid volume' kata_do --volume nothing -- true
  fails 'does not exist' kata_do --volume /no/such/place:/data -- true
  fails 'absolute' kata_do --volume /tmp:data -- true
  fails 'there is no user' kata_do --user nobody-of-that-name -- true
  fails 'invalid size' kata_do --memory lots -- true
  fails 'does not exist' kata_do --rootfs /no/such/root -- true
  run ! kata_do --cpus 0 -- true
  run ! kata_do --cpus many -- true
}

@test "a terminal and a console socket belong together" {
  mkdir -p "$BUNDLE/rootfs"
  write_config "$BUNDLE"
  fails 'console-socket' kata create --bundle "$BUNDLE" --console-socket "$BATS_TEST_TMPDIR/none" "$ID"
  edit_config "$BUNDLE" '.process.terminal = true'
  fails 'terminal' kata create --bundle "$BUNDLE" "$ID"
  fails 'terminal' kata run --detach --bundle "$BUNDLE" "$ID"
}

@test "a console socket that nobody listens on: an error, nothing left" {
  mkdir -p "$BUNDLE/rootfs"
  write_config "$BUNDLE"
  edit_config "$BUNDLE" '.process.terminal = true'
  fails 'console socket' kata create --bundle "$BUNDLE" --console-socket "$BATS_TEST_TMPDIR/none" "$ID"
  [ ! -e "$KATA_ROOT/$ID" ]
}

@test "descriptors cannot be passed into a machine" {
  fails 'preserve-fds' kata create --preserve-fds 2 --bundle "$BUNDLE" "$ID"
}

@test "an error goes to --log too, in both formats" {
  fails 'does not exist' kata --log "$BATS_TEST_TMPDIR/text" state "$ID"
  holds "$(cat "$BATS_TEST_TMPDIR/text")" '^time="[^"]+" level=error msg="?.*does not exist'
  fails 'does not exist' kata --log "$BATS_TEST_TMPDIR/json" --log-format json state "$ID"
  expect "$(wc -l <"$BATS_TEST_TMPDIR/json")" 1 "lines in the log"
  expect "$(jq -r .level "$BATS_TEST_TMPDIR/json")" error
  holds "$(jq -r .msg "$BATS_TEST_TMPDIR/json")" 'does not exist'
  run ! kata --log-format xml state "$ID"
}

@test "unknown commands and options are named, and nothing else is made of them" {
  fails_with 3 'no command "nosuch"' kata nosuch
  fails_with 3 'no command "nosuch"' kata nosuch -h
  fails 'no option --bogus' kata --bogus list
  fails 'no option --nonsense of exec' kata exec --nonsense "$ID" echo hi
  fails 'no option --kata-debug-port of exec' kata exec --kata-debug-port 1026 "$ID"
  fails 'no option --cgroup of exec' kata exec --cgroup / "$ID" cat
  fails 'no option -x of ps' kata ps -x "$ID"
  fails 'no option --memroy of do' kata "do" --memroy 1G -- true
  fails 'bogus' kata list --bogus
}

@test "a log that cannot be opened fails the command, whatever it is" {
  fails 'opening the log.*No such file' kata --log /no/such/place list
  fails 'opening the log.*No such file' kata --log /no/such/place exec "$ID" true
}

@test "a container whose creator was killed at once: listed as stopped, deleted" {
  mkdir -p "$KATA_ROOT/$ID" "$KATA_ROOT/other"
  run -0 --separate-stderr kata list
  holds "$output" "^$ID +0 +stopped"
  kata delete "$ID"
  [ ! -e "$KATA_ROOT/$ID" ]
  [ -d "$KATA_ROOT/other" ]
  rmdir "$KATA_ROOT/other"
}

@test "a damaged record: an error for delete, not for delete --force" {
  mkdir -p "$KATA_ROOT/$ID"
  echo '{"id":' >"$KATA_ROOT/$ID/record.json"
  fails 'malformed record' kata state "$ID"
  fails 'malformed record' kata delete "$ID"
  kata delete --force "$ID"
  [ ! -e "$KATA_ROOT/$ID" ]
}

@test "without root, and as 0 of a user namespace as rootless engines are: the error says what there is to know" {
  # What is refused is the state directory; the program is where everybody can read it.
  local program user=(setpriv --reuid 65534 --regid 65534 --clear-groups)
  program=$(mktemp "/tmp/kata-$ID.XXXXXX")
  install -m 755 "$KATA_RUNTIME" "$program"
  run -1 "${user[@]}" env XDG_RUNTIME_DIR=/nowhere "$program" --root "/run/kata-$ID" "do" -- true
  holds "$output" 'there is no directory .* of this user.s for what runs \(try: set XDG_RUNTIME_DIR'
  if "${user[@]}" unshare -U -r true 2>/dev/null; then
    run -1 "${user[@]}" unshare -U -r "$program" --root "/run/kata-$ID" "do" -- true
    holds "$output" 'Permission denied \(try: see docs/rootless.md'
  fi
  rm "$program"
}

@test "standard descriptors that are closed" {
  run -0 bash -c "'$KATA_RUNTIME' --root '$KATA_ROOT' list <&- 2>&-"
  holds "$output" '^ID'
  bash -c "'$KATA_RUNTIME' --root '$KATA_ROOT' list >&- <&- 2>&-"
}

@test "help and the searched paths" {
  run -0 --separate-stderr kata --help
  holds "$output" 'create a container'
  run -0 --separate-stderr kata help exec
  holds "$output" '--console-socket'
  holds "$output" 'Usage: kata-runtime exec '
  fails 'no command' kata help frobnicate
  run -0 --separate-stderr kata help
  holds "$output" 'Subcommands:'
  fails 'there is no command "frobnicate"' kata factory frobnicate
  fails 'there is no option "--frobnicate"' kata run --frobnicate
  run -0 --separate-stderr kata --show-default-config-paths
  holds "$output" 'configuration.*\.toml'
}
