# shellcheck shell=bash
# Terminals, signals of the client, and clients that go away.

# terminal STEPS COMMAND ARG...: docker's command on a terminal of 40 x 120, driven by steps (lib/drive_terminal.py).
terminal() {
  local steps=$1 command=$2 runtime=()
  shift 2
  case $command in run | create) runtime=(--runtime "$RUNTIME") ;; esac
  printf '%s\n' "$steps" | KATA_PTY_LIMIT=$KATA_LIMIT timeout -k 10 "$KATA_LIMIT" python3 "$(dirname "${BASH_SOURCE[0]}")/../drive_terminal.py" 40 120 \
    "$DOCKER/docker" --config "$DOCKER_HOME/config" "$command" "${runtime[@]}" "$@" 2>>"$ROWS/log"
}

terminals() {
  row tty-alone d run --rm -t --network none busybox sh -c 'tty; echo aside >&2; exit 4'
  # The client tells the size when the shell has begun.
  row tty-shell terminal 'expect [#$] 
send until stty size | grep 40; do sleep 0.2; done; tty; echo 1st-$((1+1))\r
expect 40 120
expect /dev/
expect 1st-2
send exit 7\r' run --rm -it --network none busybox sh
  row tty-resize terminal 'expect 40 120
resize 25 90
expect told-2 25 90
send \x03' run --rm -it --network none busybox \
    sh -c 'trap "echo told-\$((1+1)) \$(stty size)" WINCH; trap "exit 8" INT; while :; do stty size; sleep 0.2; done'
  row tty-detach terminal 'expect [#$] 
send echo 1st-$((1+1))\r
expect 1st-2
send \x10\x11' run -it --name "$C-tty" --network none busybox sh
  row tty-runs-on inspected '{{.State.Running}}' "$C-tty"
  row tty-attach-other-keys terminal 'send echo 2nd-$((1+1))\r
expect 2nd-2
send \x01x' attach --detach-keys ctrl-a,x "$C-tty"
  row tty-exec terminal 'expect [#$] 
send until stty size | grep 40; do sleep 0.2; done; echo 1st-$((1+1))\r
expect 40 120
expect 1st-2
resize 30 100
send until stty size | grep 30; do sleep 0.2; done; exit 5\r
expect 30 100' exec -it "$C-tty" sh
  row tty-exec-detach terminal 'expect [#$] 
send sleep 4321\r
wait 1
send \x10\x11' exec -it "$C-tty" sh
  row tty-exec-runs-on eventually runs "$C-tty" 'sleep 4321'
  row tty-attach-to-the-end terminal 'send echo 3rd-$((1+1))\r
expect 3rd-2
send exit 3\r' attach "$C-tty"
  row tty-ended inspected '{{.State.Status}} {{.State.ExitCode}}' "$C-tty"
  row tty-remove d rm "$C-tty"
}

runs() { d exec "$1" ps -o args | grep -qx "$2"; }

clients() {
  row proxy-signal status_after USR1 run --name "$C-proxy" --network none busybox \
    sh -c 'trap "echo told; exit 9" USR1; echo up; while :; do sleep 0.1; done'
  row proxy-signal-logs d logs "$C-proxy"
  must d run -d -i --name "$C-still" --network none busybox sh -c 'while read -r line; do echo "read $line"; done'
  row no-proxy status_after TERM attach --sig-proxy=false --no-stdin "$C-still"
  row no-proxy-runs-on inspected '{{.State.Running}}' "$C-still"
  row attached attached "$C-still" 'a line' 'read a line'
  row attached-read eventually has_logged "$C-still" 'read a line'
  row lost-client lost_client run -i --name "$C-lost" --network none busybox sh -c 'while :; do echo out; sleep 0.1; done'
  row lost-client-runs-on inspected '{{.State.Running}}' "$C-lost"
  row lost-client-exec d exec "$C-lost" echo works
  row lost-exec lost_client exec -i "$C-lost" sh -c 'while :; do echo out; sleep 0.1; done'
  row lost-exec-works d exec "$C-lost" echo works
  row clients-remove d rm -f "$C-proxy" "$C-still" "$C-lost"
}

has_logged() { d logs "$1" 2>/dev/null | grep -q "$2"; }

# client COMMAND ARG...: in the background, its output in $ROWS/client; sets CLIENT. Its first line has come.
client() {
  local command=$1 runtime=()
  shift
  case $command in run | create) runtime=(--runtime "$RUNTIME") ;; esac
  : >"$ROWS/client"
  "$DOCKER/docker" --config "$DOCKER_HOME/config" "$command" "${runtime[@]}" "$@" >"$ROWS/client" 2>>"$ROWS/log" </dev/null &
  CLIENT=$!
}

# attached CONTAINER TEXT LINE: what a client passes on that gets TEXT again and again, and is killed once it has shown LINE.
attached() {
  local status=0
  : >"$ROWS/client"
  while sleep 0.3; do echo "$2"; done 2>/dev/null |
    "$DOCKER/docker" --config "$DOCKER_HOME/config" attach "$1" >"$ROWS/client" 2>>"$ROWS/log" &
  CLIENT=$!
  eventually grep -qx "$3" "$ROWS/client"
  kill -9 "$CLIENT"
  wait "$CLIENT" || status=$?
  sort -u "$ROWS/client"
  return "$status"
}

# status_after SIGNAL COMMAND ARG...: the client's status and output when it gets that signal.
status_after() {
  local signal=$1 status=0
  shift
  client "$@"
  if [ "$1" = run ]; then eventually test -s "$ROWS/client"; else sleep 1; fi
  kill -s "$signal" "$CLIENT"
  wait "$CLIENT" || status=$?
  cat "$ROWS/client"
  return "$status"
}

# lost_client COMMAND ARG...: a client that is killed while it passes on what the container says.
lost_client() {
  client "$@"
  eventually test -s "$ROWS/client"
  kill -9 "$CLIENT"
  wait "$CLIENT"
  head -n 1 "$ROWS/client"
}
