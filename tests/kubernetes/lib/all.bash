# shellcheck shell=bash
# Everything of this directory, and what it uses of tests/integration.
KUBERNETES_TESTS=$(readlink -f "$(dirname "${BASH_SOURCE[0]}")/..")
for each in "$KUBERNETES_TESTS"/../integration/lib/{kata,containerd,cgroups,table}.bash "$KUBERNETES_TESTS"/lib/*.bash; do
  # shellcheck disable=SC1090
  [ "${each##*/}" = all.bash ] || . "$each"
done
ENGINE=Kubernetes
export ENGINE KUBERNETES_TESTS

# group_setup: for a file of tests.
group_setup() {
  [ -z "${NO_CLUSTER:-}" ] || skip "$NO_CLUSTER"
  bats_require_minimum_version 1.5.0
}

# group_teardown: what a failed test has left goes.
group_teardown() {
  [ -z "${BATS_TEST_COMPLETED:-}" ] && [ -n "${NODE:-}" ] || return 0
  kubectl_ get namespaces -o name | grep -E '^namespace/(runc|kata)-' | xargs -r timeout 60 \
    nsenter --net="/proc/$NODE/ns/net" -- kubectl --cache-dir "$HOME_DIR/cache" delete --wait=false >&2 || true
}

# on_node_inventory: what of ours is on the node.
on_node_inventory() { on_node bash -c ". '$KUBERNETES_TESTS/../integration/lib/host.bash'; host_inventory"; }
