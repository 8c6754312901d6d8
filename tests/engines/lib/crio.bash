# shellcheck shell=bash
# A CRI-O of the test's own, of ./dev engines cri-o, with Debian's conmon, in a mount and a network namespace that play the host.
# Its handlers: runc; kata, by shim, as `kata-runtime install crio` writes it; path, kata-runtime by its path, of which
# CRI-O does not know that it is a virtual machine; kata-path, the same, of which it knows by the name.

# start_crio: needs $ID. The image localhost/busybox:test is in it.
start_crio() {
  CRIO=$(engine_programs cri-o)
  [ -n "$CRIO" ] || skip "there is no CRI-O: ./dev engines cri-o"
  HOME_DIR=/tmp/ko-$ID # short: a Unix socket's path has at most 107 bytes
  CONTAINERD_SOCKET=$HOME_DIR/c.sock # where cri looks
  export HOME_DIR CONTAINERD_SOCKET
  export MARK
  MARK=$(root_mark "$HOME_DIR/path-root")
  mkdir -p "$HOME_DIR"/{cni,logs,etc/containers}
  write_crio_config >"$HOME_DIR/crio.conf"
  write_crio_network >"$HOME_DIR/cni/10-kata.conflist"
  "$KATA_RUNTIME" install crio --root "$HOME_DIR" >/dev/null
  echo '{"default": [{"type": "insecureAcceptAnything"}]}' >"$HOME_DIR/policy.json"
  # shellcheck disable=SC2016
  unshare --mount --net --propagation slave -- sh -c 'ip link set lo up; echo >"$1/ready"; exec sleep infinity' sh "$HOME_DIR" </dev/null >/dev/null 2>&1 3>&- &
  HOST=$!
  eventually test -e "$HOME_DIR/ready"
  tar -C "$KATA_SHARE/busybox-rootfs" -c . | on_host podman --root "$HOME_DIR/storage" --runroot "$HOME_DIR/run" --storage-driver vfs import \
    --change 'ENV PATH=/bin:/usr/bin:/sbin:/usr/sbin' --change 'CMD ["sleep", "1000000"]' - localhost/busybox:test >/dev/null 2>&1
  resume_crio
}

# on_host COMMAND...: in the namespaces that play the host.
on_host() { nsenter -t "$HOST" -m -n -- "$@"; }

# resume_crio: starts it, for the first time or where it was.
resume_crio() {
  { exec nsenter -t "$HOST" -m -n -- env PATH="$CRIO:$PATH" "$CRIO/crio" --config "$HOME_DIR/crio.conf" --config-dir "$HOME_DIR/etc/crio/crio.conf.d" >>"$HOME_DIR/log" 2>&1 </dev/null 3>&-; } &
  CRIO_PID=$!
  eventually cri pods
}

# What Podman's images need, and what a host without systemd and without CAP_SYS_RESOURCE has.
write_crio_config() {
  cat <<END_OF_FILE
[crio]
root = "$HOME_DIR/storage"
runroot = "$HOME_DIR/run"
storage_driver = "vfs"
log_dir = "$HOME_DIR/logs"
version_file = "$HOME_DIR/version"
version_file_persist = "$HOME_DIR/version-persist"
clean_shutdown_file = "$HOME_DIR/clean.shutdown"
[crio.api]
listen = "$CONTAINERD_SOCKET"
stream_port = "0"
[crio.runtime]
default_runtime = "runc"
cgroup_manager = "cgroupfs"
pinns_path = "$CRIO/pinns"
namespaces_dir = "$HOME_DIR/namespaces"
container_exits_dir = "$HOME_DIR/exits"
container_attach_socket_dir = "$HOME_DIR/attach"
hooks_dir = []
apparmor_profile = "unconfined"
irqbalance_config_restore_file = "disable"
[crio.runtime.runtimes.runc]
runtime_path = "$(command -v runc)"
runtime_root = "$HOME_DIR/runc-root"
monitor_path = "$(command -v conmon)"
monitor_cgroup = "pod"
[crio.runtime.runtimes.path]
runtime_path = "$KATA_RUNTIME"
runtime_root = "$HOME_DIR/path-root"
monitor_path = "$(command -v conmon)"
monitor_cgroup = "pod"
[crio.runtime.runtimes.kata-path]
runtime_path = "$KATA_RUNTIME"
runtime_root = "$HOME_DIR/path-root"
monitor_path = "$(command -v conmon)"
monitor_cgroup = "pod"
[crio.image]
pause_image = "localhost/busybox:test"
pause_command = ""
signature_policy = "$HOME_DIR/policy.json"
signature_policy_dir = "$HOME_DIR/policies"
[crio.network]
network_dir = "$HOME_DIR/cni"
plugin_dirs = ["/usr/lib/cni"]
[crio.nri]
enable_nri = false
END_OF_FILE
}

write_crio_network() {
  cat <<END_OF_FILE
{"cniVersion": "0.4.0", "name": "$ID", "plugins": [
  {"type": "bridge", "bridge": "crio0", "isGateway": true, "ipMasq": false, "hairpinMode": true,
   "ipam": {"type": "host-local", "dataDir": "$HOME_DIR/ipam", "ranges": [[{"subnet": "10.99.0.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
END_OF_FILE
}

cri() { timeout -k 10 "${KATA_LIMIT:-180}" nsenter -t "$HOST" -n -- "$(dirname "${BASH_SOURCE[0]}")/../../integration/cri/cri.py" --socket "$CONTAINERD_SOCKET" "$@"; }

stop_crio() {
  [ -n "${HOST:-}" ] || return 0
  local each
  if [ -z "${BATS_TEST_COMPLETED:-}" ]; then
    echo "--- CRI-O's log" >&2
    { grep -E 'level=(warning|error|fatal)' "$HOME_DIR/log" || true; } | tail -n 20 >&2
  fi
  for each in $(cri pods 2>/dev/null | jq -r '.items[].id'); do cri stopp "$each" || true; cri rmp "$each" || true; done
  kill "$CRIO_PID" 2>/dev/null || true
  wait "$CRIO_PID" || true
  on_host findmnt -rno TARGET | grep "^$HOME_DIR/" | tac | on_host xargs -r umount -l
  kill "$HOST"
  rm -rf "${HOME_DIR:?}"
}
