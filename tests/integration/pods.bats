#!/usr/bin/env bats
# Pods: containerd's CRI plugin drives the shim as it does for a kubelet.

setup() {
  load lib/kata
  load lib/containerd
  load lib/pod
  common_setup
  start_containerd
  import_images k8s.io
}
teardown() {
  stop_containerd
  common_teardown
}

# bats test_tags=daily
@test "three containers of a pod share a machine, its localhost, shared memory and host name" {
  local pod web client third
  pod=$(run_pod web)
  expect "$(pgrep -fc -- "qemu-system.*$pod")" 1 "machines"
  web=$(run_in "$pod" web web -- sh -c 'mkdir /www; echo page from the pod >/www/index.html; exec httpd -f -p 8080 -h /www')
  client=$(run_in "$pod" web client -- sleep 1000)
  third=$(run_in "$pod" web third -- sh -c 'echo this is the third; sleep 1000')
  expect "$(pgrep -fc -- "qemu-system.*$pod")" 1 "machines"
  eventually cri exec "$client" wget -qO- http://127.0.0.1:8080/
  expect "$(cri exec "$client" wget -qO- http://127.0.0.1:8080/)" "page from the pod"
  cri exec "$web" sh -c 'echo seen >/dev/shm/note'
  expect "$(cri exec "$third" cat /dev/shm/note)" seen
  expect "$(cri exec "$third" hostname)" web
  expect "$(cri exec "$client" uname -r)" "$(cri exec "$web" uname -r)"
  # Their files and processes are their own.
  run ! cri exec "$client" ls /www
  run ! cri exec "$client" pgrep httpd
  eventually logged web third
  holds "$(logged web third)" 'stdout F this is the third'
  run -5 cri exec "$third" sh -c 'exit 5'
  remove_pod "$pod"
}

@test "a port of the pod is forwarded, which nobody listens at is refused" {
  local pod page=$'GET /index.html HTTP/1.0\r\n\r\n'
  pod=$(run_pod web)
  run_in "$pod" web web -- sh -c 'mkdir /www; echo forwarded page >/www/index.html; exec httpd -f -p 127.0.0.1:8080 -h /www'
  forwarded() { printf %s "$page" | cri forward "$pod" 8080 | grep 'forwarded page'; }
  eventually forwarded
  run ! cri forward "$pod" 8081 < <(printf %s "$page")
  holds "$output" 'refused'
  remove_pod "$pod"
}

@test "attach: what is typed reaches the container, what it says comes back, each stream apart" {
  local pod one
  pod=$(run_pod typed)
  # What is said at the very end may be lost, with runc too.
  one=$(run_in "$pod" typed one '.stdin = true' -- sh -c 'read -r line; echo "got $line"; echo problem >&2; sleep 2; exit 3')
  run -0 --separate-stderr cri attach "$one" <<<"a line"
  expect "$output" "got a line"
  expect "$stderr" problem
  eventually container_is "$one" EXITED
  expect "$(cri inspect "$one" | jq .status.exitCode)" 3
  remove_pod "$pod"
}

@test "a container is made anew when the pod's last one was removed; exit codes are told" {
  local pod one
  pod=$(run_pod again)
  one=$(run_in "$pod" again one -- sh -c 'exit 9')
  eventually container_is "$one" EXITED
  expect "$(cri inspect "$one" | jq .status.exitCode)" 9
  cri rm "$one"
  one=$(run_in "$pod" again one -- sh -c 'trap "exit 4" TERM; while :; do sleep 0.1; done')
  sleep 1
  cri stop "$one" 30
  expect "$(cri inspect "$one" | jq .status.exitCode)" 4
  cri rm "$one"
  one=$(create_in "$pod" again one -- true)
  cri rm "$one" # never started
  one=$(run_in "$pod" again one -- echo alive)
  eventually container_is "$one" EXITED
  holds "$(logged again one)" alive
  run ! run_in "$pod" again bad -- /no/such/program
  holds "$output" '/no/such/program'
  remove_pod "$pod"
}

@test "a killed QEMU: every container of the pod has ended with 137, and the pod can be removed" {
  local pod one two
  pod=$(run_pod crash)
  one=$(run_in "$pod" crash one -- sleep 1000)
  two=$(run_in "$pod" crash two -- sleep 1000)
  kill -9 "$(process_of qemu-system "$pod")"
  eventually container_is "$one" EXITED
  eventually container_is "$two" EXITED
  eventually pod_is "$pod" NOTREADY
  expect "$(cri inspect "$one" | jq .status.exitCode)" 137
  expect "$(cri inspect "$two" | jq .status.exitCode)" 137
  remove_pod "$pod"
}

@test "a killed shim: the same" {
  local pod one
  pod=$(run_pod crash)
  one=$(run_in "$pod" crash one -- sleep 1000)
  kill -9 "$(process_of containerd-shim-kata-v2 "$pod")"
  eventually container_is "$one" EXITED
  eventually pod_is "$pod" NOTREADY
  [ "$(cri inspect "$one" | jq .status.exitCode)" -ne 0 ]
  remove_pod "$pod"
}

@test "containerd restarted under a pod: it goes on, with its logs" {
  local pod one
  pod=$(run_pod stays)
  one=$(run_in "$pod" stays one -- sh -c 'i=0; while :; do echo tick $i; i=$((i+1)); sleep 0.2; done')
  eventually grep -q 'tick 5' "$HOME_DIR/logs/stays/one.log"
  pause_containerd
  resume_containerd
  eventually container_is "$one" RUNNING
  local last
  last=$(tail -n 1 "$HOME_DIR/logs/stays/one.log" | grep -o '[0-9]*$')
  eventually grep -q "tick $((last + 10))\$" "$HOME_DIR/logs/stays/one.log"
  expect "$(cri exec "$one" echo ok)" ok
  # No line was lost.
  expect "$(grep -o 'tick [0-9]*' "$HOME_DIR/logs/stays/one.log" | head -n $((last + 10)))" \
    "$(for ((i = 0; i < last + 10; i++)); do echo "tick $i"; done)"
  remove_pod "$pod"
}

@test "privileged, devices of the host left out; security contexts" {
  local pod one
  pod=$(run_pod rights '.linux.security_context.privileged = true')
  one=$(run_in "$pod" rights one '.linux.security_context.privileged = true' -- sleep 1000)
  # containerd gives what it has itself.
  expect "$(cri exec "$one" grep CapEff /proc/self/status)" "$(grep CapEff "/proc/$CONTAINERD/status")"
  one=$(run_in "$pod" rights two '.linux.security_context = {run_as_user: {value: 1234}, readonly_rootfs: true}' -- sleep 1000)
  expect "$(cri exec "$one" id -u)" 1234
  run ! cri exec "$one" touch /x
  remove_pod "$pod"
}

@test "a shared process namespace: the pod's containers see each other" {
  local pod one two
  pod=$(run_pod pids '.linux.security_context.namespace_options.pid = "POD"')
  one=$(run_in "$pod" pids one '.linux.security_context.namespace_options.pid = "POD"' -- sleep 4321)
  two=$(run_in "$pod" pids two '.linux.security_context.namespace_options.pid = "POD"' -- sleep 1000)
  holds "$(cri exec "$two" ps)" 'sleep 4321'
  # Stopping one leaves the other.
  cri stop "$one" 1
  expect "$(cri exec "$two" echo alive)" alive
  remove_pod "$pod"
}
