#!/usr/bin/env bats
# The chart, the manifests that are made from it, and the image that both name.

setup() {
  load ../integration/lib/kata
  load ../integration/lib/engines
  bats_require_minimum_version 1.5.0
  SOURCE=$(readlink -f "$BATS_TEST_DIRNAME/../..")
  CHART=$SOURCE/deploy/helm/kata-deploy
}

with_helm() { use_engine helm; }
# template [OPTION...]
template() { helm template kata-deploy "$CHART" --namespace kube-system "$@"; }
# variable NAME: its value in the manifests on stdin.
variable() { grep -A 1 -x " *- name: $1" | sed -n 's/^ *value: "\(.*\)"$/\1/p' | head -n 1; }
version() { sed -n 's/^project(kata-cpp VERSION \([0-9.]*\).*/\1/p' "$SOURCE/CMakeLists.txt"; }

@test "helm lint has nothing to say, and the chart's versions are the sources'" {
  with_helm
  helm lint --strict "$CHART"
  expect "$(sed -n 's/^\(version\|appVersion\): //p' "$CHART/Chart.yaml" | sort -u)" "$(version)"
  grep -qx "  tag: $(version)" "$CHART/values.yaml"
}

@test "the manifests are what the chart gives: ./dev manifests" {
  with_helm
  "$SOURCE/dev" manifests "$BATS_TEST_TMPDIR/made" 3>&-
  diff -r "$BATS_TEST_TMPDIR/made" "$SOURCE/deploy/manifests"
}

@test "values reach the installer as its variables, by processor" {
  with_helm
  local text
  text=$(template --set debug=true --set k8sDistribution=rke2 --set env.multiInstallSuffix=dev --set shims.qemu.containerd.snapshotter=erofs \
    --set 'shims.qemu.allowedHypervisorAnnotations={kernel,default_vcpus}' --set shims.other.enabled=true --set 'shims.other.supportedArches={arm64}')
  expect "$(variable DEBUG <<<"$text")" true
  expect "$(variable K8S_DISTRIBUTION <<<"$text")" rke2
  expect "$(variable MULTI_INSTALL_SUFFIX <<<"$text")" dev
  expect "$(variable DAEMONSET_NAME <<<"$text")" kata-deploy-dev
  expect "$(variable SHIMS_X86_64 <<<"$text")" qemu
  expect "$(variable SHIMS_AARCH64 <<<"$text")" other
  expect "$(variable ALLOWED_HYPERVISOR_ANNOTATIONS_X86_64 <<<"$text")" qemu:kernel,default_vcpus
  expect "$(variable SNAPSHOTTER_HANDLER_MAPPING_X86_64 <<<"$text")" qemu:erofs
  expect "$(grep -cx 'handler: kata-qemu-dev' <<<"$text")" 2 "RuntimeClasses"
}

@test "jobs: one for each node, and one for its clean-up before the chart goes; no node is an error that says what to set" {
  with_helm
  local text
  text=$(template --set deploymentMode=job --set 'job.nodes={one,two}')
  expect "$(grep -cx 'kind: Job' <<<"$text")" 4 "Jobs"
  expect "$(grep -cx '    helm.sh/hook: pre-delete' <<<"$text")" 2 "clean-ups"
  expect "$(variable DAEMONSET_NAME <<<"$text")" ""
  run ! template --set deploymentMode=job
  holds "$output" 'set job.nodes to their names'
}

@test "values that are none are refused" {
  with_helm
  run ! template --set k8sDistribution=k9s
  holds "$output" '/k8sDistribution'
  run ! template --set shims.qemu.runtimeclass.overhead.memory=1
  holds "$output" 'runtimeclass'
  run ! template --set env.multiInstallSuffix=A_b
  holds "$output" '/env/multiInstallSuffix'
}

@test "the image has the installer, what it needs and what it installs, and nothing else" {
  load lib/node
  node_setup
  local layout=$BATS_TEST_TMPDIR/layout root=$BATS_TEST_TMPDIR/bundle/rootfs
  "$SOURCE/dev" deploy-image "$BATS_TEST_TMPDIR" 3>&-
  mkdir "$layout"
  tar -C "$layout" -xf "$BATS_TEST_TMPDIR/kata-deploy-$(version)-amd64.oci.tar"
  expect "$(jq -r '.manifests[0].annotations."io.containerd.image.name"' "$layout/index.json")" "localhost/kata-deploy:$(version)"
  umoci unpack --image "$layout:$(version)" "$BATS_TEST_TMPDIR/bundle"
  expect "$(find "$root" -mindepth 1 -maxdepth 1 -printf '%f\n' | grep -v '^lib' | sort | xargs)" "host opt run tmp usr var"
  [ -L "$root/usr/bin/kata-deploy-docker" ]
  find "$root" -name 'libsystemd.so.0*' | grep -q . # by which Docker's host is told
  holds "$(chroot "$root" kata-deploy --version)" "kata-deploy $(version)"
  # It installs on a node that it sees as a pod does.
  put "$(command -v containerd)" /usr/bin/containerd
  # shellcheck disable=SC2016
  run -0 unshare --mount --propagation slave -- sh -c 'mkdir -p "$1/proc" && mount --rbind /proc "$1/proc" && mount --rbind "$2" "$1/host" &&
    mount --rbind /proc "$1/host/proc" && mount --rbind /dev "$1/host/dev" && rm -r "$1/host/run/systemd" && exec chroot "$1" kata-deploy install --no-check' sh "$root" "$NODE"
  grep -q kata-qemu "$NODE/etc/containerd/config.toml"
  cmp "$NODE/opt/kata/share/kata-containers/vmlinux.container" "$KATA_SHARE/vmlinux.container"
}
