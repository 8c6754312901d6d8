# shellcheck shell=bash
# Who a container is and what it may do; what of the host it is given.

walls() {
  space
  {
    walled_pod
    echo ---
    pod privileged "" "name: main, command: [sleep, '100000'], securityContext: {privileged: true}"
    echo ---
    pod host-processes "hostPID: true, hostIPC: true" "name: main, command: [sleep, '100000']"
    echo ---
    pod host-network "hostNetwork: true" "name: main, command: [sleep, '100000']"
    echo ---
    pod not-root "securityContext: {runAsNonRoot: true}" "name: main, command: [sleep, '100000']"
  } | made
  must ready walled privileged
  row plain inside walled/plain "id; $STATUS"
  row user inside walled/user "id; $STATUS; touch /data/mine; stat -c '%u %g' /data/mine; stat -c '%a %u %g' /data; touch /etc/new"
  row closed inside walled/closed "$STATUS; touch /new; touch /tmp/new; unshare -n true; chown 5 /tmp"
  row bound inside walled/bound "$STATUS; nc -l -p 81 & sleep 1; kill %1; cat /proc/sys/net/ipv4/ip_unprivileged_port_start"
  row masked inside walled/plain 'cat /proc/timer_list /proc/keys /sys/firmware/* 2>&1 | wc -c; echo 1 >/proc/sys/kernel/panic; mount -t tmpfs none /mnt'
  row names inside walled/plain 'hostname; cat /etc/resolv.conf; grep friend /etc/hosts; grep -c "$(hostname)" /etc/hosts'
  row privileged inside privileged/main "$STATUS; mount -t tmpfs none /mnt && umount /mnt; ip link add b0 type bridge && ip link del b0; echo \$?; test -w /proc/sys/kernel/panic; echo \$?"
  row host-processes ready host-processes
  row host-processes-seen inside host-processes/main 'ps -o args | grep -c "^kubele[t]"'
  must eventually network_is_decided
  row host-network network_is_decided
  row not-root eventually says not-root '{.status.containerStatuses[0].state.waiting.reason}' CreateContainerConfigError
  leave
}

STATUS="grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status"

# network_is_decided: the pod runs, or an event says why not.
network_is_decided() {
  says host-network '{.status.phase}' Running && echo runs && return
  k get events --field-selector involvedObject.name=host-network,reason=FailedCreatePodSandBox -o 'jsonpath={.items[0].message}' | grep -o 'the container asks for the host.s network'
}

walled_pod() {
  cat <<END
apiVersion: v1
kind: Pod
metadata: {name: walled}
spec:
  runtimeClassName: $RUNTIME
  terminationGracePeriodSeconds: 1
  hostname: named
  subdomain: below
  hostAliases: [{ip: 10.1.2.3, hostnames: [friend]}]
  dnsPolicy: None
  dnsConfig: {nameservers: [10.9.8.7], searches: [example.org], options: [{name: ndots, value: "3"}]}
  volumes: [{name: data, emptyDir: {}}, {name: tmp, emptyDir: {}}]
  securityContext:
    fsGroup: 3000
    supplementalGroups: [4000]
    sysctls: [{name: net.ipv4.ip_unprivileged_port_start, value: "80"}]
  containers:
  - {name: plain, image: $IMAGE}
  - name: user
    image: $IMAGE
    securityContext: {runAsUser: 1000, runAsGroup: 2000, allowPrivilegeEscalation: false}
    volumeMounts: [{name: data, mountPath: /data}]
  - name: closed
    image: $IMAGE
    securityContext: {readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}}
    volumeMounts: [{name: tmp, mountPath: /tmp}]
  - name: bound
    image: $IMAGE
    securityContext: {runAsUser: 1000, capabilities: {drop: [ALL], add: [NET_BIND_SERVICE, SYS_TIME]}}
END
}
