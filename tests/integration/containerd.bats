#!/usr/bin/env bats
# containerd's own tasks: ctr with the shim, as nerdctl and docker use it.

setup() {
  load lib/kata
  load lib/containerd
  common_setup
  start_containerd
  import_images default
}
teardown() {
  stop_containerd
  common_teardown
}

IMAGE=localhost/busybox:test
run_ctr() { ctr_ run --runtime io.containerd.kata.v2 "$@"; }
finish() {
  ctr_ tasks delete -f "$1" >/dev/null 2>&1 || true
  ctr_ containers delete "$1"
}

# bats test_tags=daily
@test "ctr run: a kernel of its own, status, streams apart" {
  run -0 --separate-stderr run_ctr --rm $IMAGE "$ID" sh -c 'cat /proc/sys/kernel/random/boot_id; echo problem >&2'
  [ "${#lines[0]}" -eq 36 ] && [ "${lines[0]}" != "$(cat /proc/sys/kernel/random/boot_id)" ]
  holds "$stderr" problem
  run -7 run_ctr --rm $IMAGE "$ID" sh -c 'exit 7'
  run -143 run_ctr --rm $IMAGE "$ID" sh -c 'sleep 100 & kill -TERM $!; wait $!'
}

# bats test_tags=daily
@test "tasks: list, exec, pause, metrics, kill, delete, events" {
  ctr --address "$CONTAINERD_SOCKET" events >"$HOME_DIR/events" 3>&- &
  local listener=$!
  run_ctr --detach $IMAGE "$ID" sleep 1000
  task_is "$ID" RUNNING
  run -3 --separate-stderr ctr_ tasks exec --exec-id one "$ID" sh -c 'echo out; echo err >&2; exit 3'
  expect "$output" out
  holds "$stderr" err
  ctr_ tasks pause "$ID"
  task_is "$ID" PAUSED
  ctr_ tasks resume "$ID"
  run -0 ctr_ tasks metrics "$ID"
  holds "$output" memory
  run ! ctr_ tasks checkpoint "$ID"
  holds "$output" 'not supported'
  run ! ctr_ tasks delete "$ID"
  ctr_ tasks kill --signal KILL "$ID"
  eventually task_is "$ID" STOPPED
  run -0 ctr_ tasks delete "$ID"
  holds "$output" 'exit code 137'
  ctr_ containers delete "$ID"
  kill "$listener"
  local topic
  for topic in create start exec-added exec-started exit paused resumed delete; do
    grep -q "/tasks/$topic" "$HOME_DIR/events" || { echo "no event /tasks/$topic" >&2; cat "$HOME_DIR/events" >&2; return 1; }
  done
}

@test "the guest's OOM killer: the container is killed, the event says so" {
  ctr --address "$CONTAINERD_SOCKET" events >"$HOME_DIR/events" 3>&- &
  local listener=$!
  run_ctr --detach --memory-limit 33554432 $IMAGE "$ID" sh -c 'a=x; while :; do a=$a$a; done'
  eventually task_is "$ID" STOPPED
  eventually grep -q '/tasks/oom' "$HOME_DIR/events"
  eventually grep -q '/tasks/exit' "$HOME_DIR/events"
  kill "$listener"
  holds "$(grep /tasks/oom "$HOME_DIR/events")" "$ID"
  expect "$(grep -o '/tasks/\(oom\|exit\)' "$HOME_DIR/events" | xargs)" "/tasks/oom /tasks/exit"
  run -0 ctr_ tasks delete "$ID"
  holds "$output" 'exit code 137'
  ctr_ containers delete "$ID"
}

@test "CRI-O, which takes no events: the guest's OOM killer leaves a file in the bundle" {
  run_ctr --detach --memory-limit 33554432 --annotation io.kubernetes.cri-o.ContainerType=sandbox \
    --annotation "io.kubernetes.cri-o.SandboxID=$ID" $IMAGE "$ID" sh -c 'a=x; while :; do a=$a$a; done'
  eventually task_is "$ID" STOPPED
  eventually test -f "$HOME_DIR/state/io.containerd.runtime.v2.task/default/$ID/oom"
  ctr_ tasks delete "$ID"
  ctr_ containers delete "$ID"
}

@test "a terminal through ctr" {
  run -0 timeout 120 script -qec "ctr --address $CONTAINERD_SOCKET run --rm -t --runtime io.containerd.kata.v2 $IMAGE $ID sh -c 'tty; stty size'" /dev/null
  holds "$output" /dev/pts/0
}

@test "containerd restarted while a container writes: found again, output whole" {
  mkfifo "$HOME_DIR/out"
  run_ctr --detach --log-uri "file://$HOME_DIR/output" $IMAGE "$ID" sh -c 'i=0; while [ $i -lt 300 ]; do echo line $i; i=$((i+1)); usleep 20000; done; sleep 1000'
  eventually grep -q 'line 20$' "$HOME_DIR/output"
  pause_containerd
  sleep 2
  resume_containerd
  task_is "$ID" RUNNING
  eventually grep -q 'line 299$' "$HOME_DIR/output"
  expect "$(cat "$HOME_DIR/output")" "$(for ((i = 0; i < 300; i++)); do echo "line $i"; done)"
  ctr_ tasks kill --signal KILL "$ID"
  eventually task_is "$ID" STOPPED
  finish "$ID"
}

@test "a logging program: binary://" {
  cat >"$HOME_DIR/logger" <<END
#!/bin/bash
# containerd's contract: 3 is stdout, 4 stderr, closing 5 means ready
exec 5>&-
cat <&3 >"$HOME_DIR/logged.\$CONTAINER_NAMESPACE.\$CONTAINER_ID"
END
  chmod +x "$HOME_DIR/logger"
  run_ctr --detach --log-uri "binary://$HOME_DIR/logger" $IMAGE "$ID" echo to the logger
  eventually task_is "$ID" STOPPED
  finish "$ID"
  expect "$(cat "$HOME_DIR/logged.default.$ID")" "to the logger"
}

@test "the shim is killed: containerd drops the task, 137, an exit event, nothing left" {
  killed containerd-shim-kata-v2
  eventually task_is "$ID" ""
  ctr_ containers delete "$ID"
}

@test "QEMU is killed: a stopped task, 137, an exit event, nothing left" {
  killed qemu-system
  eventually task_is "$ID" STOPPED
  run -0 ctr_ tasks delete -f "$ID"
  holds "$output" 'exit code 137'
  ctr_ containers delete "$ID"
}

killed() {
  ctr --address "$CONTAINERD_SOCKET" events >"$HOME_DIR/events" 3>&- &
  local listener=$!
  run_ctr --detach $IMAGE "$ID" sleep 1000
  kill -9 "$(process_of "$1" "$ID")"
  eventually grep -q '/tasks/exit' "$HOME_DIR/events"
  kill "$listener"
  grep '/tasks/exit' "$HOME_DIR/events" | grep -q '"exit_status":137'
}

# one_exec N: writes N times 97 bytes and exits with N; what came back is in $HOME_DIR/exec.N*.
one_exec() {
  local ended=0
  ctr_ tasks exec --exec-id "e$1" "$ID" sh -c "head -c $(($1 * 97)) /dev/zero | tr '\\0' x; exit $1" \
    >"$HOME_DIR/exec.$1" 2>"$HOME_DIR/exec.$1.err" || ended=$?
  echo "$ended" >"$HOME_DIR/exec.$1.status"
}

@test "a hundred execs at once: every status and every byte" {
  run_ctr --detach $IMAGE "$ID" sleep 1000
  local i pids=()
  for ((i = 0; i < 100; i++)); do
    one_exec "$i" &
    pids+=($!)
  done
  wait "${pids[@]}"
  for ((i = 0; i < 100; i++)); do
    expect "$(cat "$HOME_DIR/exec.$i.status")" "$i" "status of exec $i ($(cat "$HOME_DIR/exec.$i.err"))"
    expect "$(stat -c %s "$HOME_DIR/exec.$i")" $((i * 97)) "bytes of exec $i"
  done
  ctr_ tasks kill --signal KILL "$ID"
  eventually task_is "$ID" STOPPED
  finish "$ID"
}

@test "much through exec's stdout and stdin: whole, with bounded memory" {
  local mib=${KATA_OUTPUT_MIB:-64} got shim i
  run_ctr --detach $IMAGE "$ID" sleep 10000
  shim=$(process_of containerd-shim-kata-v2 "$ID")
  # A block of an odd size, so that it is never in step with a buffer.
  block() { yes 0123456789abcde | head -c 1048583; }
  got=$(KATA_LIMIT=1500 ctr_ tasks exec --exec-id out "$ID" sh -c \
    "$(declare -f block); block >/dev/shm/b; i=0; while [ \$i -lt $mib ]; do cat /dev/shm/b; i=\$((i + 1)); done" | sha256sum)
  expect "$got" "$(block >"$HOME_DIR/b"; for ((i = 0; i < mib; i++)); do cat "$HOME_DIR/b"; done | sha256sum)" "stdout"
  got=$(yes 0123456789abcde | head -c $((mib << 20)) | KATA_LIMIT=1500 ctr_ tasks exec --exec-id in "$ID" md5sum)
  expect "$got" "$(yes 0123456789abcde | head -c $((mib << 20)) | md5sum)" "stdin"
  [ "$(resident_peak "$shim")" -lt 32768 ] || { echo "the shim grew to $(resident_peak "$shim") KiB" >&2; return 1; }
  ctr_ tasks kill --signal KILL "$ID"
  eventually task_is "$ID" STOPPED
  finish "$ID"
}

@test "the configuration: runtime options, environment, the shim's name" {
  mkdir "$HOME_DIR/bin"
  ln -s "$KATA_BUILD_DIR/bin/containerd-shim-kata-v2" "$HOME_DIR/bin/containerd-shim-kata-own-v2"
  echo 'not a configuration' >"$HOME_DIR/broken.toml"
  run ! run_ctr --rm --runtime-config-path "$HOME_DIR/broken.toml" $IMAGE "$ID" true
  holds "$output" "broken.toml"
  ctr_ containers delete "$ID" || true
  pause_containerd
  export KATA_CONF_FILE=$HOME_DIR/broken.toml
  PATH=$HOME_DIR/bin:$PATH resume_containerd
  unset KATA_CONF_FILE
  run ! ctr_ run --rm --runtime io.containerd.kata-own.v2 $IMAGE "$ID" true
  holds "$output" "broken.toml"
}

@test "native snapshots, a read-only root, several at once" {
  local locally=()
  # Containerd 2 unpacks by itself, into the snapshotter of its configuration.
  case $(ctr_ version | awk '/Version:/ { print $2; exit }') in v2.* | 2.*) locally=(--local) ;; esac
  import() { ctr_ images import "${locally[@]}" --snapshotter native --base-name localhost/busybox "$(busybox_image)"; }
  import
  run -0 run_ctr --rm --snapshotter native --read-only $IMAGE "$ID" sh -c 'touch /x 2>/dev/null || echo read-only'
  holds "$output" read-only
}
