# shellcheck shell=bash
# nerdctl with a containerd of the test's own (lib/containerd.bash), in a mount and a network namespace that play the host: its bridges,
# rules and what CNI plugins remember are nobody else's.

# start_nerdctl: after common_setup. The image "busybox" is in it.
start_nerdctl() {
  use_engine nerdctl
  NERDCTL_HOME=/tmp/kn-$ID # short: Unix sockets are below it
  export NERDCTL_HOME
  mkdir -p "$NERDCTL_HOME"
  # shellcheck disable=SC2016
  unshare --mount --net --propagation slave -- sh -c 'ip link set lo up
    for each in /run/netns /var/lib/cni /run/cni /run/nerdctl /run/containerd/fifo; do mkdir -p $each; mount -t tmpfs tmpfs $each; done
    echo 1 >/proc/sys/net/ipv4/ip_forward
    touch "$1/ready"; exec sleep infinity' sh "$NERDCTL_HOME" </dev/null >/dev/null 2>&1 3>&- &
  PLAYED_HOST=$!
  eventually test -e "$NERDCTL_HOME/ready"
  # shellcheck disable=SC2034
  CONTAINERD_HOST=(nsenter -t "$PLAYED_HOST" -m -n --)
  start_containerd
  import_images default
  nerdctl_ tag localhost/busybox:test busybox:latest
}

# on_host COMMAND...: in the namespaces that play the host.
on_host() { nsenter -t "$PLAYED_HOST" -m -n -- "$@"; }

nerdctl_() {
  on_host timeout -k 10 "${KATA_LIMIT:-180}" nerdctl --address "$CONTAINERD_SOCKET" --data-root "$NERDCTL_HOME/data" --cni-path /usr/lib/cni \
    --cni-netconfpath "$NERDCTL_HOME/cni" --cgroup-manager cgroupfs --insecure-registry "$@"
}

# n COMMAND ARG...: nerdctl, "run" and "create" with $RUNTIME.
n() {
  local command=$1
  shift
  case $command in
    run | create) nerdctl_ "$command" --pull never --runtime "io.containerd.$RUNTIME.v2" "$@" ;;
    *) nerdctl_ "$command" "$@" ;;
  esac
}

stop_nerdctl() {
  [ -n "${PLAYED_HOST:-}" ] || return 0
  local each
  for each in $(nerdctl_ ps -aq 2>/dev/null); do nerdctl_ rm -f -v "$each" >/dev/null 2>&1 || true; done
  stop_containerd
  kill "$PLAYED_HOST"
  rm -rf "${NERDCTL_HOME:?}"
}
