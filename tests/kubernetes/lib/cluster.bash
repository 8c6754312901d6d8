# shellcheck shell=bash
# A cluster of one node: etcd, the API server, its controllers and scheduler, kubelet, kube-proxy and containerd, all of
# ./dev engines. Pods have the RuntimeClass "runc" or "kata".

# start_cluster: needs $ID, and the engines' programs in $PATH.
start_cluster() {
  start_node
  KUBECONFIG=$HOME_DIR/kubeconfig
  export KUBECONFIG
  make_secrets
  write_kubeconfig >"$KUBECONFIG"
  write_kubelet_config >"$HOME_DIR/kubelet.yaml"
  write_containerd_config | on_node tee /etc/containerd/config.toml >/dev/null
  write_cni_config | on_node tee /etc/cni/net.d/10-pods.conflist >/dev/null
  # Who looks for the node's containerd (kata-deploy) finds the one that runs.
  on_node mount --bind "$(command -v containerd)" /usr/bin/containerd
  daemon etcd etcd --data-dir "$HOME_DIR/etcd" --unsafe-no-fsync --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379
  start_containerd_of_node
  daemon api kube-apiserver --etcd-servers http://127.0.0.1:2379 --advertise-address "$NODE_ADDRESS" --service-cluster-ip-range 10.96.0.0/16 \
    --tls-cert-file "$HOME_DIR/api.crt" --tls-private-key-file "$HOME_DIR/api.key" --token-auth-file "$HOME_DIR/tokens" --authorization-mode RBAC \
    --service-account-issuer https://kubernetes.default.svc --service-account-key-file "$HOME_DIR/accounts.key" \
    --service-account-signing-key-file "$HOME_DIR/accounts.key" --allow-privileged --kubelet-preferred-address-types InternalIP
  eventually kubectl_ get --raw /readyz || { tail -n 20 "$HOME_DIR/log/"{etcd,api} >&2; return 1; }
  daemon controllers kube-controller-manager --kubeconfig "$KUBECONFIG" --leader-elect=false --service-account-private-key-file "$HOME_DIR/accounts.key" \
    --root-ca-file "$HOME_DIR/api.crt"
  daemon scheduler kube-scheduler --kubeconfig "$KUBECONFIG" --leader-elect=false
  daemon proxy kube-proxy --kubeconfig "$KUBECONFIG" --hostname-override node --proxy-mode iptables --cluster-cidr 10.94.0.0/16 \
    --conntrack-max-per-core 0 --conntrack-tcp-timeout-established 0s --conntrack-tcp-timeout-close-wait 0s --oom-score-adj 0
  ctr_of_node images import --base-name localhost/busybox "$(busybox_image)" >/dev/null
  start_kubelet
  make_runtime_classes >/dev/null
  eventually kubectl_ wait --for=condition=Ready node/node --timeout=1s || { tail -n 30 "$HOME_DIR/log/kubelet" >&2; return 1; }
}

make_runtime_classes() {
  kubectl_ apply -f - <<END
{apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: runc}, handler: runc}
---
{apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: kata}, handler: kata}
END
}

start_containerd_of_node() {
  daemon containerd env PATH="$KATA_BUILD_DIR/bin:$PATH" containerd
  # Without systemd nobody starts a kubelet again that was too early.
  eventually on_node "$KUBERNETES_TESTS/../integration/cri/cri.py" --socket /run/containerd/containerd.sock pods
}

# start_kubelet: it sets sysctls of the whole kernel, unless they have its values already. So it is shown that they have.
start_kubelet() {
  # shellcheck disable=SC2016
  daemon kubelet unshare --mount --propagation unchanged -- sh -ec 'mount --make-private /proc
    mkdir -p "$1/sysctl"
    for each in vm/overcommit_memory=1 vm/panic_on_oom=0 kernel/panic=10 kernel/panic_on_oops=1 kernel/keys/root_maxkeys=1000000 kernel/keys/root_maxbytes=25000000; do
      file=$1/sysctl/$(basename "${each%=*}")
      echo "${each#*=}" >"$file"
      mount --bind "$file" "/proc/sys/${each%=*}"
    done
    shift; exec "$@"' sh "$HOME_DIR" kubelet --config "$HOME_DIR/kubelet.yaml" --kubeconfig "$KUBECONFIG" --hostname-override node --node-ip "$NODE_ADDRESS"
  eventually on_node "$KATA_SHARE/busybox-rootfs/bin/busybox" wget -qO- http://127.0.0.1:10248/healthz
}

ctr_of_node() { timeout -k 10 "$KATA_LIMIT" nsenter -t "$NODE" -m -n -p -- env PATH="$PATH" ctr -n k8s.io "$@"; }
kubectl_() { timeout -k 10 "$KATA_LIMIT" nsenter --net="/proc/$NODE/ns/net" -- kubectl --cache-dir "$HOME_DIR/cache" "$@"; }

# stop_cluster: pods first, as long as there is somebody who can remove them.
stop_cluster() {
  [ -n "${NODE:-}" ] || return 0
  kubectl_ delete pods --all --all-namespaces --now --timeout 60s >/dev/null 2>&1 || true
  stop_node
}

engine_log() {
  { grep -hE 'level=(error|warning)' "$HOME_DIR/log/containerd" || true; } | tail -n 12
  { grep -E '^E' "$HOME_DIR/log/kubelet" || true; } | tail -n 12
}
