# shellcheck shell=bash
# Podman on a person's terminal: sizes, detach keys, attaching again, signals.

# terminal STEPS ARG...: podman on a terminal of 40 x 120, driven by steps (lib/drive_terminal.py). What is typed before "podman
# attach" has the terminal is lost, and it says nothing when it has it; and it knows a key
# of several only where it comes alone.
terminal() {
  local status=0
  printf '%s\n' "$1" | CONTAINERS_CONF=$PODMAN/containers.conf KATA_PTY_LIMIT=$KATA_LIMIT timeout -k 10 "$KATA_LIMIT" \
    nsenter -t "$HOST" -m -n -- python3 "$(dirname "${BASH_SOURCE[0]}")/../drive_terminal.py" 40 120 \
    podman --root "$PODMAN/root" --runroot "$PODMAN/run" --tmpdir "$PODMAN/tmp" --storage-driver vfs --runtime "$RUNTIME" "${@:2}" 2>>"$ROWS/log" || status=$?
  case $status in 124 | 143 | 200) echo "never became true: the steps" >&2 ;; esac
  return "$status"
}

terminals() {
  row tty-alone p run --rm -t "$IMAGE" sh -c 'tty; echo aside >&2; exit 4'
  row tty-size terminal 'expect [#$] 
send stty size; tty; echo 1st-$((1+1))\r
expect 40 120
expect /dev/pts/0
expect 1st-2
send sh -c "trap \\"stty size\\" WINCH; echo up-\$((1+2)); while :; do sleep 0.2; done"\r
expect up-3
resize 25 90
expect 25 90
send \x03
send echo after-$((40+2)) $?\r
expect after-42 130
send exit 7\r' run --rm -it "$IMAGE" sh
  row tty-detach terminal 'expect [#$] 
send echo 1st-$((1+1))\r
expect 1st-2
send \x10
wait 1
send \x11' run -it --name "$C" "$IMAGE" sh
  row tty-runs-on inspected '{{.State.Running}}' "$C"
  row tty-attach-other-keys terminal 'wait 5
send echo 2nd-$((1+1))\r
expect 2nd-2
send \x01
wait 1
send x' attach --detach-keys ctrl-a,x "$C"
  row tty-exec terminal 'expect [#$] 
send stty size; echo 1st-$((1+1))\r
expect 40 120
expect 1st-2
resize 30 100
wait 1
send stty size; exit 5\r
expect 30 100' exec -it "$C" sh
  row tty-exec-detach terminal 'expect [#$] 
send sleep 4321\r
wait 2
send \x10
wait 1
send \x11' exec -it "$C" sh
  row tty-exec-runs-on eventually inside 'ps -o args | grep -x "sleep 4321"'
  row tty-attach-to-the-end terminal 'wait 5
send echo 3rd-$((1+1))\r
expect 3rd-2
send exit 3\r' attach "$C"
  # Between "stopped" and "exited" is Podman's own cleaning up.
  eventually is_like '{{.State.Status}}' "$C" exited
  row tty-ended inspected '{{.State.Status}} {{.State.ExitCode}}' "$C"
  row tty-remove p rm "$C"
}

# client ARG...: podman in the background, its output in $ROWS/client; sets CLIENT, a process of podman's own.
client() {
  : >"$ROWS/client"
  CONTAINERS_CONF=$PODMAN/containers.conf nsenter -t "$HOST" -m -n -- podman --root "$PODMAN/root" --runroot "$PODMAN/run" \
    --tmpdir "$PODMAN/tmp" --storage-driver vfs --runtime "$RUNTIME" "$@" >"$ROWS/client" 2>>"$ROWS/log" </dev/null &
  CLIENT=$!
  eventually test -s "$ROWS/client"
}

clients() {
  row proxy-signal status_after USR1 run --name "$C-proxy" "$IMAGE" sh -c 'trap "echo told; exit 9" USR1; echo up; while :; do sleep 0.1; done'
  row proxy-logs p logs "$C-proxy"
  row no-proxy status_after TERM run --sig-proxy=false --name "$C-still" "$IMAGE" sh -c 'echo up; while read -r line; do :; done; exec sleep 1000'
  row no-proxy-runs-on inspected '{{.State.Running}}' "$C-still"
  row lost-client lost_client run --name "$C-lost" "$IMAGE" sh -c 'while :; do echo out; sleep 0.1; done'
  row lost-client-runs-on inspected '{{.State.Running}}' "$C-lost"
  row lost-exec lost_client exec "$C-lost" sh -c 'while :; do echo out; sleep 0.1; done'
  row lost-exec-works p exec "$C-lost" echo works
  # Podman removes several at once, and names each when it is gone.
  row clients-remove sorted p rm -f -t 0 "$C-proxy" "$C-still" "$C-lost"
}

# status_after SIGNAL ARG...: the client's status and output when it gets that signal.
status_after() {
  local status=0
  client "${@:2}"
  kill -s "$1" "$CLIENT"
  wait "$CLIENT" || status=$?
  cat "$ROWS/client"
  return "$status"
}

# lost_client ARG...: a client that is killed while it passes on what the container says.
lost_client() {
  client "$@"
  kill -9 "$CLIENT"
  wait "$CLIENT"
  head -n 1 "$ROWS/client"
}
