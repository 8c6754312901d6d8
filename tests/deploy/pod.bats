#!/usr/bin/env bats
# A pod of what kata-deploy installs, in a real containerd: the handler's name, the copy's own programs and configuration.
# With KATA_CONTAINERD=containerd-2, in a newer one.

setup() {
  load ../integration/lib/kata
  load ../integration/lib/containerd
  load ../integration/lib/pod
  common_setup
  export CRI_OPTION='restrict_oom_score_adj = true' # for runc, where the machine has no CAP_SYS_RESOURCE
  start_containerd
  import_images k8s.io
  ENGINE_PATH=$PATH
}
teardown() {
  stop_containerd
  common_teardown
}

# on_this_node ACTION: with this machine as the node, but for /etc/containerd and /run, which are the test's.
on_this_node() {
  # shellcheck disable=SC2016
  timeout 300 unshare --mount --propagation slave -- sh -c '
    mkdir -p /etc/containerd && mount --bind "$1/etc" /etc/containerd && mkdir -p "$1/run" && mount --bind "$1/run" /run && shift && exec "$@"' sh "$HOME_DIR" \
    env INSTALLATION_PREFIX="$HOME_DIR" MULTI_INSTALL_SUFFIX=test DEBUG=true \
    "$KATA_BUILD_DIR/bin/kata-deploy" --host / --artifacts "$HOME_DIR/payload" "$@"
}

payload() {
  local part
  for part in runtime guest defaults; do
    DESTDIR=$HOME_DIR/payload cmake --install "$KATA_BUILD_DIR" --prefix /opt/kata --component "$part" >/dev/null || return
  done
}

@test "a pod finds the installed runtime by its handler, and runc is still there; cleaned up, no handler and no file is left" {
  local pod one shim
  pause_containerd
  payload
  mkdir -p "$HOME_DIR/etc"
  # What the node had before anybody installed anything.
  write_containerd_config | sed -e '/default_runtime_name/d' -e '/runtimes.kata\]/,/container_annotations/d' >"$HOME_DIR/etc/config.toml"
  cp "$HOME_DIR/etc/config.toml" "$HOME_DIR/before.toml"
  run -0 on_this_node install
  holds "$output" 'System can currently create Kata Containers'
  holds "$output" 'there is no systemd on this node'
  # With the drop-in of containerd 2 it is an import of /etc/containerd, which is here below another name.
  sed "s|/etc/containerd/|$HOME_DIR/etc/|" "$HOME_DIR/etc/config.toml" >"$HOME_DIR/config.toml"
  PATH=$ENGINE_PATH resume_containerd
  pod=$(run_pod kata . kata-qemu-test)
  one=$(run_in "$pod" kata one -- sleep 1000)
  [ "$(cri exec "$one" uname -r)" != "$(uname -r)" ]
  shim=$(process_of containerd-shim-kata-v2 "$pod")
  expect "$(readlink "/proc/$shim/exe")" "$HOME_DIR/opt/kata-test/bin/containerd-shim-kata-v2"
  # The switch of the drop-in is where the shim finds it.
  "$HOME_DIR/opt/kata-test/bin/kata-runtime" --config "$HOME_DIR/opt/kata-test/share/defaults/kata-containers/configuration-qemu.toml" \
    env --json | jq -e '.Runtime.Debug'
  remove_pod "$pod"
  pod=$(run_pod runc . runc)
  one=$(run_in "$pod" runc one -- sleep 1000)
  expect "$(cri exec "$one" uname -r)" "$(uname -r)"
  remove_pod "$pod"
  pause_containerd
  run -0 on_this_node cleanup
  cmp "$HOME_DIR/etc/config.toml" "$HOME_DIR/before.toml"
  [ ! -e "$HOME_DIR/opt/kata-test" ]
  cp "$HOME_DIR/etc/config.toml" "$HOME_DIR/config.toml"
  PATH=$ENGINE_PATH resume_containerd
  run ! run_pod gone . kata-qemu-test
}
