#!/usr/bin/env bats
# Pods of a real cluster with kata, beside runc: each row of a group (lib/) is asked of both, and the answers are compared. What
# differs has a line in docs/limitations.md.

setup() {
  load lib/all
  group_setup
}
teardown() { group_teardown; }

@test "exec, logs, attach, cp, port-forward, describe, stats" {
  beside_runc life
}

@test "ConfigMaps, Secrets, projected volumes and the downward API follow changes; volumes; init containers and sidecars" {
  beside_runc volumes
}

@test "probes: exec, http, tcp, gRPC; what a failed one does" {
  beside_runc probes
}

@test "limits, classes of service, resizing in place both ways" {
  beside_runc limits
}

@test "out of memory, crash loops, what cannot start, a volume that is too full, preStop and SIGTERM" {
  beside_runc ends
}

@test "Deployment and Service, Job, CronJob, DaemonSet, StatefulSet" {
  beside_runc workloads
}

@test "users, capabilities, read-only roots, seccomp, sysctls, names; privileged, the host's namespaces" {
  beside_runc walls
}

@test "a shared process namespace, ephemeral containers" {
  beside_runc together
}

@test "kubelet and containerd are killed: pods run on, one that ended meanwhile has its status, no line is lost" {
  local runtime failed=0
  for runtime in runc kata; do ask_more "$runtime" before_upset || failed=1; done
  kill_daemons
  for runtime in runc kata; do ask_more "$runtime" after_upset || failed=1; done
  compare_answers "$failed"
}

# bats test_tags=daily
@test "many pods at once: all run, and all go" {
  many "${KATA_KUBERNETES_PODS:-8}"
}

@test "nothing of any pod is left on the node" {
  node_is_clean
}
