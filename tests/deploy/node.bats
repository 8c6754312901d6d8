#!/usr/bin/env bats
# shellcheck disable=SC2030,SC2031,SC2034,SC2206
# kata-deploy on a node's root directory: what it copies, writes, restarts, and takes back. No virtual machine, no cluster.

setup() {
  load ../integration/lib/kata
  load ../integration/lib/engines
  load lib/node
  node_setup
  CONFIG=$NODE/etc/containerd/config.toml
}
teardown() { node_teardown; }

with_containerd() {
  put "$(command -v containerd)" /usr/bin/containerd
  runs containerd /run/containerd/containerd.sock
}

@test "containerd: files of each version, twice is once, and cleaned up is as before" {
  local name programs version newest
  for name in debian containerd-1.7 containerd-2; do
    programs=$(engine_programs "$name")
    [ "$name" = debian ] || [ -n "$programs" ] || continue
    put "${programs:-/usr/bin}/containerd" /usr/bin/containerd
    [ -n "${LISTENER:-}" ] || runs containerd /run/containerd/containerd.sock
    newest=2
    [ "$name" != containerd-2 ] || newest=4
    for version in 1 $(seq 2 "$newest"); do
      printf 'version = %s\n# mine\n' "$version" >"$CONFIG"
      [ "$version" -gt 1 ] || printf '# mine\n' >"$CONFIG"
      once_and_back
      deploy install
      holds "$(dump)" 'runtimes.*kata-qemu'
      holds "$(dump)" '/opt/kata/share/defaults/kata-containers/configuration-qemu.toml'
      holds "$(dump)" 'io.containerd.runc.v2'
      grep -q '# mine' "$CONFIG"
      deploy cleanup
    done
  done
}

@test "containerd: no configuration at all" {
  with_containerd
  once_and_back
}

@test "CRI-O: a drop-in, with and without the file of old versions; nothing is asked of /etc/crio/crio.conf" {
  printf '#!/bin/sh\necho crio version 1.36.0\n' >"$NODE/usr/bin/crio"
  chmod 755 "$NODE/usr/bin/crio"
  runs crio /run/crio/crio.sock
  once_and_back
  mkdir -p "$NODE/etc/crio"
  echo '[crio.runtime]' >"$NODE/etc/crio/crio.conf"
  once_and_back
  deploy install
  expect "$(grep -v '^#' "$NODE/etc/crio/crio.conf.d/50-kata-qemu.conf")" '[crio.runtime.runtimes.kata-qemu]
runtime_path = "/opt/kata/bin/containerd-shim-kata-v2"
runtime_type = "vm"
runtime_root = "/run/vc"
privileged_without_host_devices = true
runtime_config_path = "/opt/kata/share/defaults/kata-containers/configuration-qemu.toml"'
}

@test "k3s and rke2 of containerd 1: their template, also where there was none; of containerd 2: their drop-ins" {
  local name at programs
  for name in k3s rke2; do
    at=$NODE/var/lib/rancher/$name
    mkdir -p "$at/agent/etc/containerd"
    put /usr/bin/containerd "/var/lib/rancher/$name/$([ $name = rke2 ] || echo data/current/)bin/containerd"
    [ -n "${LISTENER:-}" ] || runs k3s-agent /run/k3s/containerd/containerd.sock
    : >"$NODE/run/unit-$([ $name = k3s ] && echo k3s-agent || echo rke2-server)"
    SETTINGS=(K8S_DISTRIBUTION=$name)
    at=$at/agent/etc/containerd
    printf 'version = 2\nimports = ["/var/lib/rancher/%s/agent/etc/containerd/config.toml.d/*.toml"]\n' "$name" >"$at/config.toml"
    once_and_back
    deploy install
    expect "$(head -n 1 "$at/config.toml.tmpl")" '{{ template "base" . }}'
    grep -qF 'containerd.runtimes.kata-qemu]' "$at/config.toml.tmpl"
    deploy cleanup
    programs=$(engine_programs containerd-2)
    [ -n "$programs" ] || continue
    put "$programs/containerd" "/var/lib/rancher/$name/$([ $name = rke2 ] || echo data/current/)bin/containerd"
    printf 'version = 3\nimports = ["/var/lib/rancher/%s/agent/etc/containerd/config-v3.toml.d/*.toml"]\n' "$name" >"$at/config.toml"
    once_and_back
    deploy install
    [ -f "$at/config-v3.toml.d/50-kata-qemu.toml" ]
    deploy cleanup
    rm -rf "$NODE/var/lib/rancher"
  done
}

@test "k0s: a drop-in that it takes by itself, and nothing is restarted; microk8s: its template, which is its configuration" {
  mkdir -p "$NODE/etc/k0s"
  printf '# k0s_managed=true\nversion = 2\nimports = ["/run/k0s/containerd-cri.toml"]\n' >"$NODE/etc/k0s/containerd.toml"
  put /usr/bin/containerd /var/lib/k0s/bin/containerd
  SETTINGS=(K8S_DISTRIBUTION=k0s)
  once_and_back
  deploy install
  [ -f "$NODE/etc/k0s/containerd.d/50-kata-qemu.toml" ]
  deploy cleanup
  run ! grep restart "$NODE/run/asked"
  put /usr/bin/containerd /snap/microk8s/current/bin/containerd
  mkdir -p "$NODE/var/snap/microk8s/current/args"
  printf 'version = 2\n[plugins."io.containerd.grpc.v1.cri".cni]\n  bin_dir = "${SNAP_DATA}/opt/cni/bin"\n' \
    >"$NODE/var/snap/microk8s/current/args/containerd-template.toml"
  runs snap.microk8s.daemon-containerd /var/snap/microk8s/common/run/containerd.sock
  SETTINGS=(K8S_DISTRIBUTION=microk8s)
  once_and_back
}

@test "what the node is not is said, with what it is" {
  with_containerd
  mkdir -p "$NODE/var/lib/rancher/rke2"
  SETTINGS=(K8S_DISTRIBUTION=k3s)
  run -1 deploy install
  holds "$output" 'K8S_DISTRIBUTION=k3s, but the node has no /var/lib/rancher/k3s \(try: set K8S_DISTRIBUTION to what the node is: rke2, k8s'
  SETTINGS=(K8S_DISTRIBUTION=k9s)
  run -1 deploy install
  holds "$output" 'is not known \(try: set K8S_DISTRIBUTION to k8s, k3s, rke2, k0s or microk8s'
}

@test "an engine is restarted when something changed, and when an earlier run did not come to that" {
  with_containerd
  printf 'version = 2\n' >"$CONFIG"
  deploy install
  grep -qx 'restart --no-block containerd' "$NODE/run/asked"
  rm "$NODE/run/asked"
  : >"$NODE/run/kata-deploy.restart"
  deploy install
  grep -qx 'restart --no-block containerd' "$NODE/run/asked"
  [ ! -e "$NODE/run/kata-deploy.restart" ]
  rm -rf "$NODE/run/systemd"
  run -0 deploy cleanup
  holds "$output" 'there is no systemd on this node: restart containerd yourself'
}

@test "an engine that does not come back has its files as they were, and the error goes to the termination log" {
  local before
  with_containerd
  printf 'version = 2\n# mine\n' >"$CONFIG"
  before=$(files etc)
  : >"$NODE/run/refuses"
  : >"$BATS_TEST_TMPDIR/termination-log"
  run -1 deploy install
  holds "$output" 'containerd does not start; it said: failed to load the plugin; so the node was put back as it was'
  expect "$(files etc)" "$before"
  expect "$(grep -c '^restart' "$NODE/run/asked")" 2 "restarts"
  holds "$(cat "$BATS_TEST_TMPDIR/termination-log")" '^kata-deploy: containerd does not start'
}

@test "an engine that refuses the result is not restarted, and nothing is written" {
  local before
  with_containerd
  printf 'version = 2\noom_score = "many"\n' >"$CONFIG"
  before=$(files etc)
  run -1 deploy install
  holds "$output" 'does not take it, so nothing was written'
  expect "$(files etc)" "$before"
  run ! grep -q restart "$NODE/run/asked"
}

@test "a node that cannot run it is not touched beyond the copy; --no-check" {
  with_containerd
  : >"$NODE/run/cannot"
  run -1 deploy install
  holds "$output" 'this node cannot run kata-qemu: /opt/kata/bin/kata-runtime check exited with 1'
  [ ! -e "$CONFIG" ]
  run -0 deploy install --no-check
  deploy cleanup
}

@test "a shim that is not built is an error that lists those there are" {
  SETTINGS=(SHIMS="qemu clh")
  run -1 deploy install
  holds "$output" 'SHIMS: there is no shim "clh"; what there is: qemu \(try: use one of qemu\)'
  SETTINGS=(SHIMS_X86_64=qemu DEFAULT_SHIM=fc)
  run -1 deploy install
  holds "$output" 'DEFAULT_SHIM: there is no shim "fc"'
  [ ! -e "$NODE/opt/kata" ]
}

@test "--dry-run prints what would change, and changes nothing" {
  local before
  with_containerd
  printf 'version = 2\n' >"$CONFIG"
  before=$(files)
  run -0 deploy install --dry-run
  holds "$output" '/opt/kata: would write 4 of 4 files'
  holds "$output" 'would write /etc/containerd/config.toml'
  holds "$output" '  \+ runtime_type = "/opt/kata/bin/containerd-shim-kata-v2"'
  expect "$(files)" "$before"
  [ ! -e "$NODE/run/kata-deploy.lock" ]
  deploy install
  before=$(files)
  run -0 deploy cleanup --dry-run
  holds "$output" 'would put back /etc/containerd/config.toml'
  expect "$(files)" "$before"
}

@test "settings are the runtime's drop-ins, and change with them" {
  local drop_ins=$NODE/opt/kata/share/defaults/kata-containers/config.d
  with_containerd
  SETTINGS=(DEBUG=true ALLOWED_HYPERVISOR_ANNOTATIONS=qemu:kernel SNAPSHOTTER_HANDLER_MAPPING=qemu:nydus)
  deploy install
  grep -qx 'enable_debug = true' "$drop_ins/20-debug.toml"
  grep -q '"kernel"\]$' "$drop_ins/40-annotations.toml"
  grep -qx 'snapshotter = "nydus"' "$CONFIG"
  SETTINGS=()
  deploy install
  [ ! -e "$drop_ins" ]
  run ! grep snapshotter "$CONFIG"
}

@test "two at once: one waits, and both are content" {
  local first second
  with_containerd
  printf 'version = 2\n' >"$CONFIG"
  deploy install >"$BATS_TEST_TMPDIR/first" 2>&1 3>&- &
  first=$!
  deploy install >"$BATS_TEST_TMPDIR/second" 2>&1 3>&- &
  second=$!
  wait "$first"
  wait "$second"
  expect "$(cat "$BATS_TEST_TMPDIR"/{first,second} | grep -c '^wrote /etc')" 1 "writers"
  expect "$(grep -c '^restart' "$NODE/run/asked")" 1 "restarts"
}

@test "a second installation beside the first: each is taken back alone" {
  local programs before
  programs=$(engine_programs containerd-2)
  [ -n "$programs" ] || skip "there is no containerd 2: ./dev engines containerd-2"
  put "$programs/containerd" /usr/bin/containerd
  runs containerd /run/containerd/containerd.sock
  printf 'version = 3\n' >"$CONFIG"
  before=$(files)
  deploy install
  SETTINGS=(MULTI_INSTALL_SUFFIX=dev INSTALLATION_PREFIX=/usr/local)
  deploy install
  holds "$(dump)" 'kata-qemu-dev'
  holds "$(dump)" '/usr/local/opt/kata-dev/bin/containerd-shim-kata-v2'
  SETTINGS=()
  run -0 deploy cleanup
  holds "$(dump)" 'kata-qemu-dev'
  SETTINGS=(MULTI_INSTALL_SUFFIX=dev INSTALLATION_PREFIX=/usr/local)
  deploy cleanup
  expect "$(grep -c . "$CONFIG")" 1 "lines of the main file"
}

@test "links of the node lead to the node's own places" {
  with_containerd
  mkdir -p "$NODE/var/opt"
  rmdir "$NODE/opt"
  ln -s /var/opt "$NODE/opt"
  deploy install
  [ -x "$NODE/var/opt/kata/bin/kata-runtime" ]
  [ ! -e /var/opt/kata ]
  deploy cleanup
  [ ! -e "$NODE/var/opt/kata" ]
}

@test "stages, one after the other; reset" {
  with_containerd
  deploy install-stage-host-check
  [ ! -e "$NODE/opt/kata" ]
  deploy install-stage-artifacts
  [ -x "$NODE/opt/kata/bin/kata-runtime" ]
  [ ! -e "$CONFIG" ]
  deploy install-stage-cri
  grep -q kata-qemu "$CONFIG"
  deploy cleanup-stage-revert-cri
  [ ! -e "$CONFIG" ]
  [ -x "$NODE/opt/kata/bin/kata-runtime" ]
  deploy cleanup-stage-remove-artifacts
  [ ! -e "$NODE/opt/kata" ]
  rm "$NODE/run/asked"
  deploy reset
  grep -q '^restart' "$NODE/run/asked"
}
