# shellcheck shell=bash
# What is left when processes are killed, of Docker and of ours; and many at once.

# nothing_of ID: no process, mount, cgroup or file of that container.
nothing_of() {
  local id=${1:0:12}
  ! pgrep -f "$id" && ! findmnt -rno TARGET | grep -F "$id" &&
    [ -z "$(find /run/kata /run/kata-containers "$DOCKER_HOME"/run/runtime-* -name "*$id*")" ] && [ -z "$(find /sys/fs/cgroup -type d -name "*$id*")" ]
}

# The processes that a container has, by what they are: NAME ID.
engine_shim() { pgrep -f "containerd-shim-runc-v2 .*$1"; }
its_qemu() { process_of qemu-system "${1:0:12}"; }
its_shim() { process_of /containerd-shim-kata-v2 "${1:0:12}"; }
its_standin() { inspected '{{.State.Pid}}' "$1"; }

has_ended() { is_like '{{.State.Running}}' "$1" false; }

# killed_one_by_one: each of a container's processes; then it starts again, and is removed by force.
killed_one_by_one() {
  local C=killed-$RUNTIME id which whom=(its_qemu its_shim its_standin engine_shim) pids=()
  [ "$RUNTIME" = kata ] || whom=(its_qemu its_shim)
  id=$(d run -d --name "$C" busybox)
  for which in "${whom[@]}"; do
    kill -9 "$("$which" "$id")"
    eventually has_ended "$C" || { echo "after the end of $which" >&2; return 1; }
    [ "$which" != its_qemu ] || expect "$(inspected '{{.State.Status}} {{.State.ExitCode}}' "$C")" "exited 137"
    d start "$C"
    expect "$(d exec "$C" echo again)" again "after the end of $which"
  done
  for which in "${whom[@]}"; do pids+=("$("$which" "$id")"); done
  kill -9 "${pids[@]}"
  d rm -f "$C"
  eventually nothing_of "$id"
}

ten_at_once() {
  local i each=() pid failed=0
  for i in 1 2 3 4 5 6 7 8 9 10; do
    d run -d --name "ten-$i" --network none -m 64m busybox sh -c "echo $i; exec sleep 100000" >/dev/null 3>&- &
    each+=($!)
  done
  for pid in "${each[@]}"; do wait "$pid" || failed=$((failed + 1)); done
  expect "$failed" 0 "containers that did not start"
  for i in 1 2 3 4 5 6 7 8 9 10; do expect "$(d exec "ten-$i" hostname) $(d logs "ten-$i")" "$(d inspect -f '{{.Config.Hostname}}' "ten-$i") $i"; done
  d rm -f ten-1 ten-2 ten-3 ten-4 ten-5 ten-6 ten-7 ten-8 ten-9 ten-10
}

its_containerd() { cat "$DOCKER_HOME/run/containerd/containerd.pid"; }

# kill_daemon: its containerd ends with it, but not at once, and a daemon that still sees it waits for it in vain.
kill_daemon() {
  local containerd
  containerd=$(its_containerd)
  kill -9 "$(cat "$DOCKER_HOME/pid")"
  eventually is_gone "$containerd"
}

# daemon_killed: with live-restore, the daemon's end is not the containers'.
daemon_killed() {
  local killed
  must d run -d --name "$C" busybox sh -c 'echo begun; mkdir /www; echo page >/www/passwd; exec httpd -f -p 80 -h /www'
  row before eventually has_line begun 1
  kill_daemon
  start_daemon
  row survived inspected '{{.State.Status}} {{.RestartCount}}' "$C"
  row survived-exec inside 'ps -o args | grep "^httpd"; cat /www/passwd'
  row survived-logs d logs "$C"
  row survived-pause d pause "$C"
  row survived-unpause d unpause "$C"
  kill -9 "$(its_containerd)"
  row containerd-killed eventually inside true
  row containerd-killed-state inspected '{{.State.Status}}' "$C"
  row survived-stop d stop -t 1 "$C"
  row survived-start d start "$C"
  row survived-started eventually has_line begun 2
  killed=$(inspected '{{.State.Pid}}' "$C")
  [ "$RUNTIME" = runc ] || killed=$(its_qemu "$(inspected '{{.Id}}' "$C")")
  kill_daemon
  kill -9 "$killed"
  start_daemon
  row ended-meanwhile eventually has_ended "$C"
  row ended-meanwhile-state inspected '{{.State.Status}} {{.State.ExitCode}}' "$C"
  row killed-remove d rm -f "$C"
}
