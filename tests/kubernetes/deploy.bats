#!/usr/bin/env bats
# The chart and the manifests at a real API server, and kata-deploy's pod on a real node.

setup() {
  load lib/all
  group_setup
  SOURCE=$(readlink -f "$BATS_TEST_DIRNAME/../..")
}
teardown() {
  [ -z "${BATS_TEST_COMPLETED:-}" ] && [ -z "${NO_CLUSTER:-}" ] || return 0
  kubectl_ -n kube-system logs daemonset/kata-deploy --tail 40 >&2 || true
  kubectl_ delete -f "$SOURCE/deploy/manifests/kata-deploy.yaml" --ignore-not-found >/dev/null 2>&1 || true
  kubectl_ delete pod installed --now --ignore-not-found >/dev/null 2>&1 || true
  make_runtime_classes
}

# dry: the API server takes the manifests on stdin, and has nothing to remark.
dry() { kubectl_ apply --dry-run=server --validate=strict -f -; }

@test "a server-side dry run takes every manifest, and what the chart gives with each mode" {
  local each
  kubectl_ delete runtimeclass kata # the chart's has another handler
  for each in "$SOURCE"/deploy/manifests/*.yaml; do
    run -0 dry <"$each"
    holds "$output" '^daemonset.apps/kata-deploy created \(server dry run\)$'
    run ! grep -i warning <<<"$output"
  done
  if [ -n "$(engine_programs helm)" ]; then
    use_engine helm
    for each in "" "--set=debug=true --set=env.multiInstallSuffix=dev --set=shims.qemu.allowedHypervisorAnnotations={kernel}" "--set=deploymentMode=job --set=job.nodes={node}"; do
      # shellcheck disable=SC2086
      run -0 dry < <(helm template kata-deploy "$SOURCE/deploy/helm/kata-deploy" --namespace kube-system $each)
      run ! grep -i warning <<<"$output"
    done
  fi
  make_runtime_classes
}

labels() { kubectl_ get node node -o json | jq -cS '.metadata.labels | with_entries(select(.key | test("kata")))'; }
labels_are() { [ "$(labels)" = "$1" ]; }
# node_files: what an installation may change, with checksums.
node_files() { on_node find /etc /opt -type f -exec sha256sum {} + | sort -k 2; }
deploy_log() { kubectl_ -n kube-system logs daemonset/kata-deploy; }
logs_say() { deploy_log | grep -E "$1"; }

@test "kata-deploy's DaemonSet installs the node, a pod runs by its RuntimeClass, and deleted it leaves the node as it was" {
  local before shim
  before=$(node_files)
  kubectl_ delete runtimeclass kata
  "$SOURCE/dev" deploy-image "$BATS_TEST_TMPDIR" 3>&-
  ctr_of_node images import "$BATS_TEST_TMPDIR"/kata-deploy-*.oci.tar >/dev/null
  kubectl_ apply -f "$SOURCE/deploy/manifests/kata-deploy.yaml"
  # There is no systemd here, so containerd is restarted by hand, as its log says.
  eventually logs_say 'there is no systemd on this node'
  end_daemon containerd
  start_containerd_of_node
  eventually labels_are '{"kata-deploy.katacontainers.io/default":"true","katacontainers.io/kata-runtime":"true"}'
  kubectl_ run installed --image "$IMAGE" --overrides '{"spec": {"runtimeClassName": "kata-qemu", "terminationGracePeriodSeconds": 1}}'
  kubectl_ wait --for=condition=Ready pod/installed --timeout 120s
  [ "$(kubectl_ exec installed -- uname -r)" != "$(uname -r)" ]
  shim=$(on_node pgrep -f "containerd-shim-kata-v2 .*-namespace k8s.io")
  expect "$(on_node readlink "/proc/$shim/exe")" /opt/kata/bin/containerd-shim-kata-v2
  kubectl_ delete pod installed --timeout 60s
  kubectl_ -n kube-system delete daemonset kata-deploy --cascade=foreground --timeout 120s
  eventually labels_are '{}'
  expect "$(node_files)" "$before"
  end_daemon containerd
  start_containerd_of_node
  kubectl_ delete -f "$SOURCE/deploy/manifests/kata-deploy.yaml" --ignore-not-found
  ctr_of_node images rm "$(ctr_of_node images list -q | grep kata-deploy)" >/dev/null
  make_runtime_classes
  node_is_clean
}
