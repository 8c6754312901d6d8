# shellcheck shell=bash
# Probes of each kind, and what follows when one fails. The server of gRPC is etcd.

probes() {
  space
  must mkdir -p "$HOME_DIR/$C"
  probed_pod | made
  row ready ready probed
  row all-ready told probed '{.status.containerStatuses[*].name} {.status.containerStatuses[*].ready} {.status.containerStatuses[*].restartCount}'
  must inside probed/http 'rm /www/index.html'
  row not-ready eventually says probed '{.status.conditions[?(@.type=="Ready")].status}' False
  row unready-is-http told probed '{.status.containerStatuses[?(@.ready==false)].name}'
  must inside probed/http 'echo page >/www/index.html'
  row ready-again ready probed
  must inside probed/exec 'rm /tmp/alive'
  row live-restarts eventually says probed '{.status.containerStatuses[?(@.name=="exec")].restartCount}' 1
  row live-ended told probed '{.status.containerStatuses[?(@.name=="exec")].lastState.terminated.exitCode}'
  row ready-after-restart ready probed
  row live-others told probed '{.status.containerStatuses[?(@.name=="tcp")].restartCount}'
  row slow-probes eventually inside probed/slow '! ps -o args | grep -q "^sleep 777"' # a probe that timed out leaves nothing
  row events events_of probed
  leave
  rm -rf "${HOME_DIR:?}/$C"
}

probed_pod() {
  cat <<END
apiVersion: v1
kind: Pod
metadata: {name: probed}
spec:
  runtimeClassName: $RUNTIME
  terminationGracePeriodSeconds: 1
  volumes:
  - {name: engine, hostPath: {path: $(engine_programs kubernetes)}}
  containers:
  - name: http
    image: $IMAGE
    command: [sh, -c, "mkdir /www; echo page >/www/index.html; exec httpd -f -p 8080 -h /www"]
    startupProbe: {httpGet: {path: /, port: 8080}, periodSeconds: 1, failureThreshold: 60, timeoutSeconds: 10}
    readinessProbe: {httpGet: {path: /, port: 8080}, periodSeconds: 1, failureThreshold: 2, timeoutSeconds: 10}
  - name: exec
    image: $IMAGE
    command: [sh, -c, "touch /tmp/alive; exec sleep 100000"]
    startupProbe: {exec: {command: [test, -e, /tmp/alive]}, periodSeconds: 1, failureThreshold: 60, timeoutSeconds: 10}
    livenessProbe: {exec: {command: [test, -e, /tmp/alive]}, periodSeconds: 1, failureThreshold: 2, timeoutSeconds: 10}
  - name: tcp
    image: $IMAGE
    command: [httpd, -f, -p, "8081"]
    readinessProbe: {tcpSocket: {port: 8081}, periodSeconds: 2, timeoutSeconds: 10}
  - name: slow
    image: $IMAGE
    livenessProbe: {exec: {command: [sleep, "777"]}, periodSeconds: 2, timeoutSeconds: 1, failureThreshold: 1000}
  - name: grpc
    image: $IMAGE
    command: [/engine/etcd, --data-dir, /tmp/etcd, --listen-client-urls, "http://0.0.0.0:2379", --advertise-client-urls, "http://127.0.0.1:2379"]
    readinessProbe: {grpc: {port: 2379}, periodSeconds: 2, timeoutSeconds: 10}
    volumeMounts: [{name: engine, mountPath: /engine, readOnly: true}]
END
}
