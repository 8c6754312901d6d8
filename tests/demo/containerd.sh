#!/usr/bin/env bash
# A tour: containerd with the shim, ctr, pods over CRI, and a clean host at the end. Called by ./dev demo containerd.
set -euo pipefail
# shellcheck source=tests/demo/tour.bash
. "$(dirname "$(readlink -f "$0")")/tour.bash"
# shellcheck source=tests/integration/lib/containerd.bash
. lib/containerd.bash
# shellcheck source=tests/integration/lib/pod.bash
. lib/pod.bash

begin_tour stop_containerd
step "containerd of Debian 12, with its CRI plugin and a bridge of its own"
start_containerd
show ctr_ version
import_images default k8s.io
show ctr_ images list -q

step "ctr: a container in a machine of its own (this host runs $(uname -r))"
show ctr_ run --rm --runtime io.containerd.kata.v2 localhost/busybox:test "$ID" uname -a

step "a pod of three containers, over CRI"
web=$(run_pod web '.linux.resources = {cpu_period: 100000, cpu_quota: 100000, memory_limit_in_bytes: 268435456}')
server=$(run_in "$web" web server -- sh -c 'mkdir /www; echo hello from the pod >/www/index.html; httpd -p 8080 -h /www; echo serving; sleep 1000')
client=$(run_in "$web" web client '.linux.resources = {memory_limit_in_bytes: 67108864}' -- sleep 1000)
third=$(run_in "$web" web third -- sh -c 'while :; do date; sleep 1; done')
show cri exec "$client" uname -r
echo "they share the pod's localhost:"
eventually cri exec "$client" wget -qO- http://127.0.0.1:8080/
show cri exec "$client" wget -qO- http://127.0.0.1:8080/

step "a second pod reaches it over the bridge, by IPv4 and IPv6"
other=$(run_pod other)
visitor=$(run_in "$other" other visitor -- sleep 1000)
show cri exec "$visitor" wget -qO- "http://$(pod_address "$web" 4):8080/"
show cri exec "$visitor" wget -qO- "http://[$(pod_address "$web" 6)]:8080/"
show cri exec "$visitor" ip addr show eth0

step "logs, statistics, new limits"
show tail -n 2 "$HOME_DIR/logs/web/third.log"
show cri stats "$third"
echo "memory.max before: $(cri exec "$client" cat /sys/fs/cgroup/memory.max)"
echo '{"memory_limit_in_bytes": 134217728, "cpu_period": 100000, "cpu_quota": 50000}' >"$HOME_DIR/limits.json"
show cri update "$client" "$HOME_DIR/limits.json"
echo "memory.max after: $(cri exec "$client" cat /sys/fs/cgroup/memory.max), cpu.max: $(cri exec "$client" cat /sys/fs/cgroup/cpu.max)"

step "everything down"
show cri stop "$server" 1
show remove_pod "$web"
show remove_pod "$other"
end_tour
