#!/usr/bin/env bats
# shellcheck disable=SC2030,SC2031,SC2034,SC2206
# kata-deploy and the cluster: labels, RuntimeClasses, events, and the end of a DaemonSet, with an API server of the test's.

setup() {
  load ../integration/lib/kata
  load lib/node
  node_setup
  put "$(command -v containerd)" /usr/bin/containerd
  runs containerd /run/containerd/containerd.sock
  start_server
}
teardown() {
  [ -z "${SERVER:-}" ] || kill "$SERVER" 2>/dev/null || true
  node_teardown
}

# start_server: its files are in $API; $ACCOUNT is a pod's service account.
start_server() {
  API=$BATS_TEST_TMPDIR/api
  ACCOUNT=$BATS_TEST_TMPDIR/account
  mkdir -p "$API" "$ACCOUNT"
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=kubernetes -addext subjectAltName=IP:127.0.0.1 \
    -keyout "$API/server.pem" -out "$ACCOUNT/ca.crt" 2>/dev/null
  cat "$ACCOUNT/ca.crt" >>"$API/server.pem"
  echo secret >"$ACCOUNT/token"
  "$BATS_TEST_DIRNAME/lib/api_server.py" "$API" 3>&- &
  SERVER=$!
  eventually test -e "$API/port"
  SETTINGS=(NODE_NAME=one KUBERNETES_SERVICE_HOST=127.0.0.1 KUBERNETES_SERVICE_PORT="$(cat "$API/port")" POD_NAMESPACE=kube-system)
}

deploy_there() { deploy "$@" --service-account "$ACCOUNT"; }
labels() { jq -cS '.nodes.one.metadata.labels | del(."kubernetes.io/os")' "$API/state.json"; }

@test "labels: installed, cleaned up, and no label where nothing comes behind" {
  deploy_there install
  expect "$(labels)" '{"kata-deploy.katacontainers.io/default":"true","katacontainers.io/kata-runtime":"true"}'
  run -0 deploy_there cleanup
  expect "$(labels)" '{"katacontainers.io/kata-runtime":"cleanup"}'
  deploy_there reset
  expect "$(labels)" '{}'
  deploy_there install
  SETTINGS+=(HELM_POST_DELETE_HOOK=true)
  deploy_there cleanup
  expect "$(labels)" '{}'
}

@test "labels: a second installation keeps the node's label" {
  deploy_there install
  SETTINGS+=(MULTI_INSTALL_SUFFIX=dev)
  deploy_there install
  deploy_there cleanup
  expect "$(labels)" '{"kata-deploy.katacontainers.io/default":"true","katacontainers.io/kata-runtime":"true"}'
}

@test "RuntimeClasses: made with their handlers, and taken back" {
  SETTINGS+=(CREATE_RUNTIMECLASSES=true CREATE_DEFAULT_RUNTIMECLASS=true RUNTIMECLASS_OVERHEAD_MEMORY=200Mi)
  deploy_there install
  deploy_there install
  expect "$(jq -c '[.runtimeclasses[] | [.metadata.name, .handler, .overhead.podFixed.memory]]' "$API/state.json")" \
    '[["kata-qemu","kata-qemu","200Mi"],["kata","kata-qemu","200Mi"]]'
  deploy_there cleanup
  expect "$(jq -c .runtimeclasses "$API/state.json")" '{}'
}

@test "a clean-up without rights, or without a server, is one all the same" {
  local before
  before=$(files)
  deploy_there install
  echo other >"$ACCOUNT/token"
  run -0 deploy_there cleanup
  holds "$output" 'the cluster could not be told: .* the API server says 401: Unauthorized'
  expect "$(files)" "$before"
  echo secret >"$ACCOUNT/token"
  deploy_there install
  kill "$SERVER"
  wait "$SERVER" || true
  PATIENCE=8
  run -0 deploy_there cleanup
  holds "$output" 'the cluster could not be told: .* \(try: see whether the node reaches the API server'
  expect "$(files)" "$before"
}

@test "a failure is an event of the node; the error names what to try" {
  : >"$NODE/run/cannot"
  run -1 deploy_there install
  expect "$(jq -r '.events[] | .involvedObject.name + " " + .reason' "$API/state.json")" 'one KataDeployFailed'
  holds "$(jq -r '.events[].message' "$API/state.json")" 'this node cannot run kata-qemu'
  expect "$(labels)" '{}'
  SETTINGS+=(NODE_NAME=two)
  run -1 deploy_there install
  holds "$output" 'the API server says 404: nodes "two" not found \(try: set NODE_NAME'
}

@test "a server that has no time is asked again; one that is another one is not told the token" {
  : >"$API/busy"
  deploy_there install
  holds "$(labels)" 'kata-runtime":"true"'
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=other -addext subjectAltName=IP:127.0.0.1 \
    -keyout /dev/null -out "$ACCOUNT/ca.crt" 2>/dev/null
  : >"$API/requests"
  run -0 deploy_there cleanup
  holds "$output" 'certificate'
  expect "$(cat "$API/requests")" ""
}

# daemon: `install` in a DaemonSet, which is $DAEMON. Not below in_node, as somebody has to send it a signal.
daemon() {
  SETTINGS+=(DAEMONSET_NAME=kata-deploy)
  # shellcheck disable=SC2016
  unshare --mount --propagation slave -- sh -c 'mount --rbind /proc "$0/proc" && mount --rbind /dev "$0/dev" && exec "$@"' "$NODE" \
    env "${SETTINGS[@]}" "$KATA_DEPLOY" --host "$NODE" --artifacts "$PAYLOAD" --service-account "$ACCOUNT" install \
    >"$BATS_TEST_TMPDIR/log" 2>&1 3>&- &
  DAEMON=$!
  eventually grep -q 'waiting for the end of the DaemonSet' "$BATS_TEST_TMPDIR/log"
}

@test "a pod of a DaemonSet that stays leaves the node as it is" {
  daemon
  kill "$DAEMON"
  wait "$DAEMON"
  holds "$(cat "$BATS_TEST_TMPDIR/log")" 'the DaemonSet stays, and so does'
  [ -x "$NODE/opt/kata/bin/kata-runtime" ]
}

@test "the pod of a DaemonSet that is deleted takes everything back" {
  : >"$API/no-daemon-set"
  kill "$SERVER"
  wait "$SERVER" || true
  rm "$API/port"
  start_server
  daemon
  kill "$DAEMON"
  wait "$DAEMON"
  [ ! -e "$NODE/opt/kata" ]
  [ ! -e "$NODE/etc/containerd/config.toml" ]
  expect "$(labels)" '{"katacontainers.io/kata-runtime":"cleanup"}'
}
