# shellcheck shell=bash
# A container's life, its files and its logs.

life() {
  local begin
  begin=$(date +%s)
  must d create --name "$C" busybox sh -c 'echo started; echo problem >&2; trap "exit 3" TERM; sleep 100000 & wait'
  row created inspected '{{.State.Status}} {{.State.Pid}}' "$C"
  row cp-to-created d cp "$(packed "$C")" "$C:/first"
  row start d start "$C"
  row started eventually has_line started 1
  row logs-apart logs_apart
  row has-a-pid inspected '{{gt .State.Pid 1}} {{.State.Running}}' "$C"
  row has-copied inside 'cat /first'
  row cp-in d cp "$(packed "$C")" "$C:/etc/second"
  row copied-in inside 'cat /etc/second; mkdir -p /dir/below; echo one >/dir/below/file; ln -s file /dir/below/link; rm /etc/group'
  row cp-out copied_out /dir
  row cp-missing d cp "$C:/no/such/file" "$DOCKER_HOME/"
  row diff changed_in "$C"
  row name-is-taken d create --name "$C" busybox
  row restart d restart "$C"
  row started-again eventually has_line started 2
  row kept inside 'cat /dir/below/link'
  row stop d stop "$C"
  row stopped inspected '{{.State.Status}} {{.State.ExitCode}} {{.State.OOMKilled}} {{.State.Pid}}' "$C"
  row stopped-exec inside true
  row stopped-cp-in d cp "$(packed "$C")" "$C:/third"
  row stopped-cp-out copied_out /dir
  row export exported "$C"
  row commit d commit "$C" "image-$C"
  row start-stopped d start "$C"
  row kept-from-stopped inside 'cat /third; cat /first'
  row kill d kill -s KILL "$C"
  row wait d wait "$C"
  row killed inspected '{{.State.Status}} {{.State.ExitCode}}' "$C"
  row kill-stopped d kill "$C"
  row logs-tail-lines tail_lines "$C" 1
  row logs-tail-of-all tail_of "$C" 100
  row remove d rm "$C"
  row events told_since "$begin"
  row committed d run --rm --network none "image-$C" cat /dir/below/file /third
  d rmi "image-$C" >/dev/null
}

has_line() { [ "$(d logs "$C" 2>/dev/null | grep -c "^$1\$")" = "$2" ]; }
tail_lines() { d logs --tail "$2" "$1" 2>&1 | wc -l; }
tail_of() { d logs --tail "$2" "$1" 2>&1 | sort; } # two streams have no order
logs_apart() { d logs "$C" 2>"$ROWS/apart" && sed 's/^/on stderr: /' "$ROWS/apart"; }
copied_out() { rm -rf "$ROWS/copy"; d cp "$C:$1" "$ROWS/copy" && (cd "$ROWS/copy" && find . | sort && cat below/file && readlink below/link); }
changed_in() { d diff "$1" | sort; }
exported() { d export "$1" | tar -t | sort | sha256sum; }
