#!/usr/bin/env bats
# What kubespray's role for this field does with a release, done with our tarball, in mounts of its own: docs/howto/kubespray.md.

source_tree=$(readlink -f "$BATS_TEST_DIRNAME/../..")
: "${KATA_BUILD_DIR:=$source_tree/build}"
made=$(readlink -f "$KATA_BUILD_DIR")-kubespray

setup_file() { "$source_tree/dev" tarball "$made" >&2 3>&-; }
teardown_file() { rm -rf "$made"; }

setup() {
  load ../integration/lib/kata
  load ../integration/lib/containerd
  common_setup
  ARCHIVE=$(echo "$made"/kata-static-*-amd64.tar.zst)
  lay_out
}
teardown() {
  [ -z "${HOME_DIR:-}" ] || stop_containerd
  [ -z "${NODE:-}" ] || kill "$NODE"
  common_teardown
}

# on_node COMMAND...: in the mounts of the node, and with the host's everything else.
on_node() { nsenter --mount="/proc/$NODE/ns/mnt" -- "$@"; }

# lay_out: a node whose /opt and /usr/local are empty, and whose /etc is the host's with changes of its own; then the role's steps.
lay_out() {
  # shellcheck disable=SC2016
  unshare --mount --propagation slave -- sh -c '
    for each in /opt /usr/local /mnt; do mount -t tmpfs tmpfs $each; done
    mkdir -p /mnt/upper /mnt/work /usr/local/bin
    mount -t overlay -o lowerdir=/etc,upperdir=/mnt/upper,workdir=/mnt/work overlay /etc
    touch "$1"; exec sleep infinity' sh "$BATS_TEST_TMPDIR/ready" </dev/null >/dev/null 2>&1 3>&- &
  NODE=$!
  eventually test -e "$BATS_TEST_TMPDIR/ready"
  on_node tar -C / -xf "$ARCHIVE"
  on_node mkdir -p /etc/kata-containers/config.d
  role_configuration false | on_node tee /etc/kata-containers/configuration-qemu.toml >/dev/null
  # The role's script for each hypervisor: this file of the configuration, and the shim of the release.
  printf '#!/bin/bash\nKATA_CONF_FILE=/etc/kata-containers/configuration-qemu.toml exec /opt/kata/bin/containerd-shim-kata-v2 "$@"\n' |
    on_node tee /usr/local/bin/containerd-shim-kata-qemu-v2 >/dev/null
  on_node chmod 755 /usr/local/bin/containerd-shim-kata-qemu-v2
  # Ours: the guest is an initrd, and QEMU is the node's.
  sed -n '/^# \/etc\/kata-containers\/config.d/,/^```/p' "$source_tree/docs/howto/kubespray.md" | grep -v '^```' |
    on_node tee /etc/kata-containers/config.d/50-kata-cpp.toml >/dev/null
}

# role_configuration DEBUG: the keys that the role's file for QEMU sets, with its defaults.
role_configuration() {
  cat <<END_OF_CONFIGURATION
[hypervisor.qemu]
path = "/opt/kata/bin/qemu-system-x86_64"
kernel = "/opt/kata/share/kata-containers/vmlinux.container"
image = "/opt/kata/share/kata-containers/kata-containers.img"
machine_type = "q35"
enable_annotations = []
valid_hypervisor_paths = ["/opt/kata/bin/qemu-system-x86_64"]
kernel_params = ""
firmware = ""
machine_accelerators = ""
cpu_features = "pmu=off"
default_vcpus = 1
default_maxvcpus = 0
default_bridges = 1
default_memory = 512
disable_block_device_use = false
shared_fs = "virtio-fs"
virtio_fs_daemon = "/opt/kata/libexec/kata-qemu/virtiofsd"
valid_virtio_fs_daemon_paths = ["/opt/kata/libexec/kata-qemu/virtiofsd"]
virtio_fs_cache_size = 0
virtio_fs_extra_args = ["--thread-pool-size=1"]
virtio_fs_cache = "always"
block_device_driver = "virtio-scsi"
enable_iothreads = false
enable_mem_prealloc = false
enable_vhost_user_store = false
vhost_user_store_path = "/var/run/kata-containers/vhost-user"
valid_vhost_user_store_paths = ["/var/run/kata-containers/vhost-user"]
valid_file_mem_backends = [""]
pflashes = []
enable_debug = $1
valid_entropy_sources = ["/dev/urandom", "/dev/random", ""]
[factory]
[agent.kata]
enable_debug = $1
kernel_modules = []
[runtime]
enable_debug = $1
internetworking_model = "tcfilter"
disable_guest_seccomp = true
sandbox_cgroup_only = true
sandbox_bind_mounts = []
experimental = []
END_OF_CONFIGURATION
}

@test "kubespray: the files that its role names are where it looks; those that are not are the drop-in's" {
  local each
  for each in bin/containerd-shim-kata-v2 bin/kata-runtime share/kata-containers/vmlinux.container share/defaults/kata-containers/configuration-qemu.toml; do
    on_node test -e "/opt/kata/$each"
  done
  run -0 on_node /usr/local/bin/containerd-shim-kata-qemu-v2 --version
  holds "$output" "version: $("$source_tree/dev" version)"
  run -0 on_node /opt/kata/bin/kata-runtime --config /etc/kata-containers/configuration-qemu.toml check
  holds "$output" 'guest kernel: /opt/kata/share/kata-containers/vmlinux.container'
  holds "$output" 'guest initrd: /opt/kata/share/kata-containers/kata-containers-initrd.img'
  # Without the drop-in the error says which file is missing.
  on_node rm /etc/kata-containers/config.d/50-kata-cpp.toml
  run ! on_node /opt/kata/bin/kata-runtime --config /etc/kata-containers/configuration-qemu.toml check
  holds "$output" 'virtio_fs_daemon /opt/kata/libexec/kata-qemu/virtiofsd is not there'
}

@test "kubespray: its debug switch is read" {
  role_configuration true | on_node tee /etc/kata-containers/configuration-qemu.toml >/dev/null
  run -0 --separate-stderr on_node /opt/kata/bin/kata-runtime --config /etc/kata-containers/configuration-qemu.toml env --json
  expect "$(jq -c '[.Hypervisor.Debug, .Runtime.Debug, .Agent.Debug]' <<<"$output")" '[true,true,true]'
  expect "$(jq -r .Runtime.SandboxCgroupOnly <<<"$output")" true
}

@test "kubespray: containerd runs a container by the role's script and file" {
  # shellcheck disable=SC2034
  CONTAINERD_HOST=(nsenter --mount="/proc/$NODE/ns/mnt" -- env "PATH=/usr/local/bin:/usr/local/sbin:$PATH")
  start_containerd
  import_images default
  run -0 --separate-stderr on_node ctr --address "$CONTAINERD_SOCKET" run --rm --runtime io.containerd.kata-qemu.v2 localhost/busybox:test "$ID" uname -r
  [ "$output" != "$(uname -r)" ]
}

@test "kubespray: the overhead that its page asks for is the chart's" {
  local page=$source_tree/docs/howto/kubespray.md values=$source_tree/deploy/helm/kata-deploy/values.yaml
  expect "$(sed -n 's/^kata_containers_qemu_overhead_fixed_memory: //p' "$page")" "$(sed -n '/podFixed\|overhead:/,/cpu:/s/^ *memory: //p' "$values")"
  expect "$(sed -n 's/^kata_containers_qemu_overhead_fixed_cpu: //p' "$page")" "$(sed -n '/overhead:/,/cpu:/s/^ *cpu: //p' "$values")"
}
