# shellcheck shell=bash disable=SC2034
# kubelet and containerd killed under pods that run; many pods at once.

# before_upset, after_upset: two halves of one group.
before_upset() {
  space
  {
    pod runs "" "name: main, command: [sh, -c, 'i=0; while :; do echo line \$i; i=\$((i + 1)); sleep 0.2; done']"
    echo ---
    pod ends "restartPolicy: Never" "name: main, command: [sh, -c, 'while [ ! -e /proc/1/root/end ]; do sleep 0.1; done; exit 9'], volumeMounts: [{name: stop, mountPath: /stop}]" |
      sed "s|containers:|volumes: [{name: stop, hostPath: {path: $HOME_DIR/stop, type: DirectoryOrCreate}}], containers:|; s|/proc/1/root/end|/stop/now|"
  } | made
  must ready runs ends
}

after_upset() {
  row runs told runs '{.status.phase} {.status.containerStatuses[0].restartCount}'
  row ended-meanwhile eventually says ends '{.status.phase}' Failed
  row ended-with told ends '{.status.containerStatuses[0].state.terminated.exitCode} {.status.containerStatuses[0].state.terminated.reason}'
  row no-line-lost lines_are_whole runs
  row exec inside runs/main 'echo again'
  row logs-go-on eventually more_lines runs
  row ready ready runs
  leave
}

# lines_are_whole POD: as far as its log goes, each number comes once.
lines_are_whole() { k logs "$1" | awk '$2 != NR - 1 { bad++ } END { print bad + 0 }'; }
more_lines() {
  local count
  count=$(k logs "$1" | wc -l)
  eventually more_than "$1" "$count"
}
more_than() { [ "$(k logs "$1" | wc -l)" -gt "$2" ]; }

# kill_daemons: both at once, as when a node's memory was short; a container ends meanwhile.
kill_daemons() {
  end_daemon kubelet KILL
  end_daemon containerd KILL
  sleep 1
  touch "$HOME_DIR/stop/now"
  sleep 3
  start_containerd_of_node
  start_kubelet
}

# ask_more RUNTIME HALF
ask_more() {
  mkdir -p "$BATS_TEST_TMPDIR/$1"
  (ROWS=$BATS_TEST_TMPDIR/$1 RUNTIME=$1 C=$1-upset; set +e; "$2") >>"$BATS_TEST_TMPDIR/$1/stdout" 2>&1 3>&-
}

# many COUNT: pods of one Deployment at once, each asked, and all gone.
many() {
  kubectl_ create namespace many
  C=many RUNTIME=kata
  eventually k get serviceaccount default
  k apply -f - <<END
{apiVersion: apps/v1, kind: Deployment, metadata: {name: many}, spec: {replicas: $1, selector: {matchLabels: {app: many}}, template: $(template many 'exec sleep 100000')}}
END
  KATA_LIMIT=$((120 + 30 * $1)) k rollout status deployment/many --timeout "$((100 + 30 * $1))s"
  local each count=0
  for each in $(k get pods -o name); do
    k exec "$each" -- true && count=$((count + 1))
  done
  expect "$count" "$1" "pods that answer"
  KATA_LIMIT=$((120 + 30 * $1)) k delete deployment many --cascade=foreground --timeout "$((100 + 30 * $1))s"
  KATA_WAIT=$((60 + 5 * $1)) eventually no_pods many
  kubectl_ delete namespace many --timeout 100s
}
no_pods() { [ -z "$(kubectl_ -n "$1" get pods -o name)" ]; }

# node_is_clean: nothing of a pod is left. The directories that those of all pods are in stay.
node_is_clean() {
  local more tries
  for ((tries = 0; tries < 300; tries++)); do
    more=$(comm -13 <(echo "$BEFORE") <(on_node_inventory) | grep -vxE 'file: /run/kata-containers/shared(/sandboxes)?' || true)
    [ -n "$more" ] || return 0
    sleep 0.2
  done
  printf 'left behind:\n%s\n' "$more" >&2
  return 1
}
