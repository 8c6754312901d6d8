# shellcheck shell=bash
# A containerd of the test's own, with its CRI plugin, and images made on this machine. KATA_CONTAINERD may name one of
# tests/engines (containerd-2); otherwise it is Debian's.
# shellcheck source=tests/integration/lib/engines.bash
. "$(dirname "${BASH_SOURCE[0]}")/engines.bash"

# start_containerd: in $HOME_DIR (short: a Unix socket's path has at most 107 bytes); stopped by stop_containerd.
# Needs $ID. KATA_CONFIG may name a configuration file for the runtime, SNAPSHOTTER another one than overlayfs,
# DEVMAPPER_POOL the thin pool of the devmapper one, CRI_OPTION a line for the CRI plugin's table, CONTAINERD_HOST words that
# start a program elsewhere.
start_containerd() {
  [ -z "${KATA_CONTAINERD:-}" ] || use_engine "$KATA_CONTAINERD"
  HOME_DIR=/tmp/kc-$ID
  CONTAINERD_SOCKET=$HOME_DIR/c.sock
  BRIDGE=kb${ID:1}
  SUBNET=10.$((0x${ID:1:2})).$((0x${ID:3:2}))
  SUBNET6=fd00:${ID:1:4}:${ID:5:4}:
  export HOME_DIR CONTAINERD_SOCKET
  mkdir -p "$HOME_DIR/cni" "$HOME_DIR/logs"
  write_containerd_config >"$HOME_DIR/config.toml"
  write_cni_config >"$HOME_DIR/cni/10-kata.conflist"
  resume_containerd
}

# resume_containerd: starts it again where it was, as after a restart.
resume_containerd() {
  # A terminal's Ctrl-C is for who uses it.
  PATH=$KATA_BUILD_DIR/bin:$PATH setsid "${CONTAINERD_HOST[@]}" containerd --config "$HOME_DIR/config.toml" >>"$HOME_DIR/log" 2>&1 3>&- &
  CONTAINERD=$!
  eventually ctr_ version
}

pause_containerd() {
  kill "$CONTAINERD"
  wait "$CONTAINERD" || true
}

stop_containerd() {
  [ -n "${HOME_DIR:-}" ] || return 0
  if [ -z "${BATS_TEST_COMPLETED:-}" ]; then
    echo "--- containerd's log" >&2
    { grep -v 'level=\(info\|debug\)' "$HOME_DIR/log" || true; } | tail -n 20 >&2
    remove_everything >/dev/null 2>&1 || true
  fi
  pause_containerd
  ip link delete "$BRIDGE" 2>/dev/null || true
  { findmnt -rno TARGET | grep -F "$HOME_DIR/" || true; } | tac | while read -r each; do umount -l "$each"; done
  rm -rf "$HOME_DIR"
}

# remove_everything: every pod, container and task, so that a failed test leaves nothing running.
remove_everything() {
  local each space
  for each in $(cri pods | jq -r '.items[].id'); do cri stopp "$each"; cri rmp "$each"; done
  for space in default k8s.io; do
    for each in $(ctr_ -n "$space" tasks list -q); do ctr_ -n "$space" tasks delete -f "$each"; done
    for each in $(ctr_ -n "$space" containers list -q); do ctr_ -n "$space" containers delete "$each"; done
  done
}

write_containerd_config() {
  cat <<END
version = 2
root = "$HOME_DIR/root"
state = "$HOME_DIR/state"
[grpc]
  address = "$CONTAINERD_SOCKET"
[plugins."io.containerd.nri.v1.nri"]
  socket_path = "$HOME_DIR/nri.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/busybox:test"
  disable_apparmor = true
  netns_mounts_under_state_dir = true
  stream_server_port = "0"
  ${CRI_OPTION:-}
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$HOME_DIR/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    default_runtime_name = "kata"
    snapshotter = "${SNAPSHOTTER:-overlayfs}"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.kata]
      runtime_type = "io.containerd.kata.v2"
      pod_annotations = ["io.katacontainers.*"]
      container_annotations = ["io.katacontainers.*"]
$([ -z "${KATA_CONFIG:-}" ] || printf '      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.kata.options]\n        ConfigPath = "%s"\n' "$KATA_CONFIG")
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
$([ -z "${DEVMAPPER_POOL:-}" ] || printf '[plugins."io.containerd.snapshotter.v1.devmapper"]\n  pool_name = "%s"\n  root_path = "%s"\n  base_image_size = "64MB"\n' "$DEVMAPPER_POOL" "$HOME_DIR/devmapper")
END
}

# The bridge that a kubelet's node would have: IPv4 and IPv6, host ports.
write_cni_config() {
  cat <<END
{"cniVersion": "0.4.0", "name": "$ID", "plugins": [
  {"type": "bridge", "bridge": "$BRIDGE", "isGateway": true, "ipMasq": false, "hairpinMode": true,
   "ipam": {"type": "host-local", "dataDir": "$HOME_DIR/ipam",
            "ranges": [[{"subnet": "$SUBNET.0/24"}], [{"subnet": "$SUBNET6:/64"}]],
            "routes": [{"dst": "0.0.0.0/0"}, {"dst": "::/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
END
}

ctr_() { timeout -k 10 "${KATA_LIMIT:-180}" ctr --address "$CONTAINERD_SOCKET" "$@"; }
cri() { timeout -k 10 "${KATA_LIMIT:-180}" "$(dirname "${BASH_SOURCE[0]}")/../cri/cri.py" --socket "$CONTAINERD_SOCKET" "$@"; }

task_status() { ctr_ tasks list | awk -v id="$1" '$1 == id { print $3 }'; }
task_is() { [ "$(task_status "$1")" = "$2" ]; }

# busybox_image: an OCI archive with busybox, made once for all tests of this build.
busybox_image() {
  local archive=$KATA_BUILD_DIR/test-images/busybox.tar
  (
    mkdir -p "$KATA_BUILD_DIR/test-images"
    flock 7
    [ ! -f "$archive" ] || exit 0
    work=$(mktemp -d)
    umoci init --layout "$work/oci"
    umoci new --image "$work/oci:test"
    umoci unpack --image "$work/oci:test" "$work/bundle"
    cp -a "$KATA_SHARE/busybox-rootfs/." "$work/bundle/rootfs/"
    umoci repack --image "$work/oci:test" "$work/bundle"
    umoci config --image "$work/oci:test" --config.cmd sleep --config.cmd infinity --config.env PATH=/bin:/usr/bin:/sbin:/usr/sbin
    tar -C "$work/oci" -cf "$archive.new" .
    mv "$archive.new" "$archive"
    rm -rf "$work"
  ) 7>"$KATA_BUILD_DIR/test-images.lock" >&2 || return 1
  echo "$archive"
}

# import_images [NAMESPACE...]: localhost/busybox:test, unpacked for $SNAPSHOTTER.
import_images() {
  local archive space
  archive=$(busybox_image)
  for space in "${@:-default}"; do
    ctr_ -n "$space" images import --snapshotter "${SNAPSHOTTER:-overlayfs}" --base-name localhost/busybox "$archive" >/dev/null
  done
}
