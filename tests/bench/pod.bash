# shellcheck shell=bash
# Pods over CRI: how long one takes, against runc's and plain QEMU's boot, and what an idle one costs in memory.

# pod_once HANDLER NAME: milliseconds from nothing to the first container's running; the pod is removed again.
pod_once() {
  local pod from to
  from=$(date +%s%N)
  pod=$(run_pod "$2" . "$1") && run_in "$pod" "$2" one -- sleep 1000 >/dev/null || exit 1
  to=$(date +%s%N)
  remove_pod "$pod"
  echo $(((to - from) / 1000000))
}

# of_pod PID-LIST-COMMAND: the processes of a pod by kind.
pod_processes() { pgrep -f -- "$1.*$2" | tr '\n' ' '; }

memory_of_pod() {
  local pod=$1 label=$2 shim qemu daemon
  shim=$(pod_processes containerd-shim-kata-v2 "$pod")
  qemu=$(pod_processes qemu-system "$pod")
  daemon=$(pod_processes virtiofsd "$pod")
  # shellcheck disable=SC2086
  figure "pss-$label-shim" "$(pss $shim)" KiB "  shim"
  # shellcheck disable=SC2086
  figure "pss-$label-vmm" "$(pss $qemu)" KiB "  VMM, with the guest's memory"
  # shellcheck disable=SC2086
  figure "pss-$label-virtiofsd" "$(pss $daemon)" KiB "  virtiofsd"
}

# pods_from_template: a pod and its first container, median of RUNS, ms.
pods_from_template() {
  local i
  export KATA_CONF_FILE=$BENCH/${KERNELS[-1]}-template.toml
  template_configuration "${KERNELS[-1]}"
  CRI_OPTION='restrict_oom_score_adj = true' start_containerd >/dev/null
  import_images k8s.io
  pod_once kata warm >/dev/null
  for ((i = 0; i < RUNS; i++)); do pod_once kata "t$i" >>"$BENCH/pod-template.txt"; done
  BATS_TEST_COMPLETED=1 stop_containerd
  unset KATA_CONF_FILE
  median <"$BENCH/pod-template.txt"
}

bench_pod() {
  local i runtime ours theirs floor first second
  # runc may not lower a pod's OOM score where root has no CAP_SYS_RESOURCE, as in a container.
  CRI_OPTION='restrict_oom_score_adj = true' start_containerd >/dev/null
  import_images k8s.io
  for runtime in kata runc; do pod_once "$runtime" warm >/dev/null; done
  rm -f "$BENCH"/pod-*.txt
  for ((i = 0; i < RUNS; i++)); do
    for runtime in kata runc; do pod_once "$runtime" "b$i" >>"$BENCH/pod-$runtime.txt"; done
    { from=$(date +%s%N); "$BENCH/plain-${KERNELS[-1]}.sh" >/dev/null 2>&1; echo $((($(date +%s%N) - from) / 1000000)); } >>"$BENCH/pod-plain.txt"
  done
  ours=$(median <"$BENCH/pod-kata.txt")
  theirs=$(median <"$BENCH/pod-runc.txt")
  floor=$(median <"$BENCH/pod-plain.txt")
  figure pod-start "$ours" ms "a pod and its first container"
  figure pod-start-against-runc "$(ratio "$ours" "$theirs")" times "against runc's ($theirs ms)"
  figure pod-start-against-qemu "$(ratio "$ours" "$floor")" times "against plain QEMU's boot ($floor ms)"
  first=$(run_pod first) && run_in "$first" first one -- sleep 1000 >/dev/null
  sleep 3
  echo "memory of one idle pod (PSS)"
  memory_of_pod "$first" first
  second=$(run_pod second) && run_in "$second" second one -- sleep 1000 >/dev/null
  sleep 3
  echo "of a further one"
  memory_of_pod "$second" further
  remove_pod "$first"
  remove_pod "$second"
  BATS_TEST_COMPLETED=1 stop_containerd
  figure pod-start-from-template "$(pods_from_template)" ms "a pod and its first container, from a template"
}
