# shellcheck shell=bash
# What the parts of the cluster are told.

# make_secrets: one certificate, which is its own authority; the key that signs service accounts' tokens; who may come.
make_secrets() {
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=kubernetes -keyout "$HOME_DIR/api.key" -out "$HOME_DIR/api.crt" \
    -addext "subjectAltName=IP:127.0.0.1,IP:$NODE_ADDRESS,IP:10.96.0.1,DNS:kubernetes.default.svc" 2>/dev/null
  openssl genrsa -out "$HOME_DIR/accounts.key" 2048 2>/dev/null
  echo 'secret,admin,admin,"system:masters"' >"$HOME_DIR/tokens"
  echo "nameserver $NODE_ADDRESS" >"$HOME_DIR/resolv.conf"
}

write_kubeconfig() {
  cat <<END
apiVersion: v1
kind: Config
clusters: [{name: test, cluster: {server: "https://$NODE_ADDRESS:6443", certificate-authority: $HOME_DIR/api.crt}}]
users: [{name: admin, user: {token: secret}}]
contexts: [{name: test, context: {cluster: test, user: admin}}]
current-context: test
END
}

# A host with cgroups of version 1 will do, with swap and without CAP_SYS_RESOURCE. Changes are seen and crashed containers come
# back sooner than on a real node.
write_kubelet_config() {
  cat <<END
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {anonymous: {enabled: true}, webhook: {enabled: false}}
authorization: {mode: AlwaysAllow}
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
cgroupDriver: cgroupfs
cgroupRoot: /$ID
failCgroupV1: false
failSwapOn: false
oomScoreAdj: 0
resolvConf: $HOME_DIR/resolv.conf
evictionHard: {memory.available: 1Mi, nodefs.available: 1Mi, imagefs.available: 1Mi}
imageGCHighThresholdPercent: 100
syncFrequency: 5s
volumeStatsAggPeriod: 5s
configMapAndSecretChangeDetectionStrategy: Watch
crashLoopBackOff: {maxContainerRestartPeriod: 4s}
END
}

write_containerd_config() {
  cat <<END
version = 3
[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = "localhost/busybox:test"
[plugins."io.containerd.cri.v1.runtime"]
  disable_apparmor = true
  restrict_oom_score_adj = true
  [plugins."io.containerd.cri.v1.runtime".cni]
    bin_dirs = ["/usr/lib/cni"]
  [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.kata]
    runtime_type = "io.containerd.kata.v2"
    pod_annotations = ["io.katacontainers.*"]
  [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
END
}

# Each pod has a link of its own to the node, so that what it sends to a Service passes the node's rules.
write_cni_config() {
  cat <<END
{"cniVersion": "1.0.0", "name": "pods", "plugins": [
  {"type": "ptp", "ipMasq": false, "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.94.0.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
END
}
