#!/usr/bin/env bats
# CRI-O: pods by shim, as `kata-runtime install crio` sets it up, and by the path of kata-runtime, with and without an infra container.

setup() {
  load ../integration/lib/kata
  load ../integration/lib/engines
  load ../integration/lib/pod
  load lib/crio
  common_setup
  start_crio
}
teardown() {
  stop_crio
  common_teardown
}

machines() { pgrep -fc -- "qemu-system.*($1|$MARK)" || true; }

# a_pod HANDLER: what a kubelet does with one.
a_pod() {
  local handler=$1 pod web other typed got
  pod=$(run_pod web '.hostname = "box"' "$handler")
  web=$(run_in "$pod" web web -- sh -c 'mkdir /www; echo page from the pod >/www/index.html; echo served; exec httpd -f -p 8080 -h /www')
  other=$(run_in "$pod" web other '.linux.resources = {memory_limit_in_bytes: 100000000} | .envs = [{key: "GREETING", value: "hello"}]' -- \
    sh -c 'echo this is the other; trap "exit 4" TERM; while :; do sleep 0.1; done')
  expect "$(machines "$pod")" 1 machines
  eventually cri exec "$other" wget -qO- http://127.0.0.1:8080/
  expect "$(cri exec "$other" sh -c 'wget -qO- http://127.0.0.1:8080/; hostname; echo $GREETING; cat /sys/fs/cgroup/memory.max')" \
    $'page from the pod\nbox\nhello\n99999744'
  got=$(on_host "$KATA_SHARE/busybox-rootfs/bin/busybox" wget -qO- "http://$(pod_address "$pod" 4):8080/")
  expect "$got" "page from the pod"
  run -5 --separate-stderr cri exec "$other" sh -c 'echo out; echo err >&2; exit 5'
  expect "$output" out
  holds "$stderr" err
  eventually logged web other
  holds "$(logged web other)" 'stdout F this is the other'
  forwarded() { printf 'GET /index.html HTTP/1.0\r\n\r\n' | cri forward "$pod" 8080 | grep 'page from the pod'; }
  # What each way in does not have is CRI-O's own: docs/howto/crio.md.
  if [ "$handler" = kata ]; then
    [ "$(cri stats "$other" | jq -r .stats.memory.workingSetBytes.value)" -gt 0 ]
  else
    eventually forwarded
  fi
  typed=$(run_in "$pod" web typed '.stdin = true' -- sh -c 'read -r line; echo "got $line"; sleep 2')
  expect "$(cri attach "$typed" <<<"a line")" "got a line"
  cri stop "$other" 30
  expect "$(cri inspect "$other" | jq .status.exitCode)" 4
  cri rm "$other"
  expect "$(cri exec "$web" echo 'the others live on')" 'the others live on'
  run ! run_in "$pod" web bad -- /no/such/program
  holds "$output" '/no/such/program'
  remove_pod "$pod"
  expect "$(machines "$pod")" 0 machines
}

@test "by shim: a pod with two containers; exec, logs, port forward, stats, stop, rm" { a_pod kata; }

@test "by path, without an infra container: the same" { a_pod path; }

@test "by path, with an infra container: the same" { a_pod kata-path; }

@test "CRI-O is killed and started again: pods go on, with exec, logs and their end; what ended meanwhile has ended" {
  local handler pod one two
  for handler in kata path; do
    pod=$(run_pod "stays-$handler" . "$handler")
    one=$(run_in "$pod" "stays-$handler" one -- sh -c 'i=0; while :; do echo tick $i; i=$((i+1)); [ $i != 30 ] || : >/dev/shm/end; sleep 0.2; done')
    two=$(run_in "$pod" "stays-$handler" two -- sh -c 'while [ ! -e /dev/shm/end ]; do sleep 0.1; done; exit 6')
    eventually grep -q 'tick 5' "$HOME_DIR/logs/stays-$handler/one.log"
    kill -9 "$CRIO_PID"
    wait "$CRIO_PID" || true
    sleep 10
    resume_crio
    eventually container_is "$one" RUNNING
    expect "$(cri exec "$one" echo ok)" ok
    eventually container_is "$two" EXITED
    expect "$(cri inspect "$two" | jq .status.exitCode)" 6
    remove_pod "$pod"
  done
}

@test "the machine is killed: every container has ended with 137, the pod can be removed, nothing is left" {
  local handler pod one
  for handler in kata path; do
    pod=$(run_pod "crash-$handler" . "$handler")
    one=$(run_in "$pod" "crash-$handler" one -- sleep 1000)
    kill -9 "$(pgrep -f -- "qemu-system.*($pod|$MARK)")"
    eventually container_is "$one" EXITED
    expect "$(cri inspect "$one" | jq .status.exitCode)" 137
    remove_pod "$pod"
    eventually expect "$(machines "$pod")" 0
  done
}
