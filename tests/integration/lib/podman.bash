# shellcheck shell=bash
# A Podman of the test's own: storage, state, locks and networks in the test's directory; a mount and a network namespace
# that play the host, because root's Podman keeps its bridges, name server and their state in places that all have in
# common; and two runtimes, "runc" and "kata", each with a root of the test's own.

for each in "$(dirname "${BASH_SOURCE[0]}")"/podman/*.bash; do
  # shellcheck disable=SC1090
  . "$each"
done

# podman_setup: skips where there is no Podman. Sets PODMAN (its directory), HOST (the pid that holds the namespaces), IMAGE.
podman_setup() {
  local program
  for program in podman runc catatonit /usr/lib/podman/netavark /usr/lib/podman/aardvark-dns; do
    command -v "$program" >/dev/null || skip "needs Podman, and here is no $program: ./dev setup"
  done
  PODMAN=/tmp/pm-$ID # short: Unix sockets are below it
  IMAGE=image-$ID
  export ENGINE=Podman
  mkdir "$PODMAN"
  runtime_program runc "$(command -v runc)" --root "$PODMAN/runc-root"
  runtime_program kata "$KATA_RUNTIME" --root "$KATA_ROOT"
  podman_configuration >"$PODMAN/containers.conf"
  # shellcheck disable=SC2016
  unshare --mount --net --propagation slave -- sh -c 'ip link set lo up
    for each in /run/netns /run/containers; do mkdir -p $each; mount -t tmpfs tmpfs $each; done
    echo >"$1/ready"; exec sleep infinity' sh "$PODMAN" </dev/null >/dev/null 2>&1 3>&- &
  HOST=$!
  eventually test -e "$PODMAN/ready"
  tar -C "$KATA_SHARE/busybox-rootfs" -c . | own_podman import --change "ENV PATH=/usr/sbin:/usr/bin:/sbin:/bin" \
    --change 'CMD ["sleep", "1000"]' - "$IMAGE" >/dev/null 2>&1
}

podman_configuration() {
  cat <<CONF
[containers]
log_driver = "k8s-file"
# Podman asks for more than a host without CAP_SYS_RESOURCE gives, and runc fails.
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
cgroup_manager = "${KATA_CGROUP_DRIVER:-cgroupfs}"
events_logger = "file"
lock_type = "file"
[engine.runtimes]
runc = ["$PODMAN/runc"]
kata = ["$PODMAN/kata"]
[network]
network_backend = "netavark"
network_config_dir = "$PODMAN/networks"
CONF
}

# runtime_program NAME PROGRAM ARG...: $PODMAN/NAME is PROGRAM with these arguments first.
runtime_program() {
  printf '#!/bin/sh\nexec %s "$@"\n' "${*:2}" >"$PODMAN/$1"
  chmod +x "$PODMAN/$1"
}

# on_host COMMAND...: in the namespaces that play the host.
on_host() { nsenter -t "$HOST" -m -n -- "$@"; }

# own_podman ARG...
own_podman() {
  # shellcheck disable=SC2046
  timeout -k 10 "$KATA_LIMIT" $(podman_command) "$@"
}
# podman_command: what it is started with, words without blanks.
podman_command() {
  echo "nsenter -t $HOST -m -n -- env CONTAINERS_CONF=$PODMAN/containers.conf" \
    "podman --root $PODMAN/root --runroot $PODMAN/run --tmpdir $PODMAN/tmp --storage-driver vfs"
}

# p ARG...: podman with the runtime.
p() { own_podman --runtime "$RUNTIME" "$@"; }

# podman_teardown: everything of it goes, whatever the test left.
podman_teardown() {
  [ -n "${HOST:-}" ] || return 0
  [ "$PODMAN" = "/tmp/pm-$ID" ] || return 1
  own_podman pod rm -f -a -t 0 >/dev/null 2>&1 || true
  own_podman rm -f -a -t 0 >/dev/null 2>&1 || true
  on_host findmnt -rno TARGET | { grep "^$PODMAN/" || true; } | tac | on_host xargs -r umount -l
  end_name_server
  remove_cgroups_of_pods
  kill "$HOST"
  HOST=""
  rm -rf "${PODMAN:?}"
}

# remove_cgroups_of_pods: Podman leaves those in hierarchies that it does not use itself.
remove_cgroups_of_pods() {
  local pod
  for pod in $(jq -r 'select(.Type == "pod") | .ID' "$PODMAN/tmp/events/events.log" 2>/dev/null | sort -u); do
    find /sys/fs/cgroup -depth -type d -path "*/libpod_parent/$pod*" -exec rmdir {} + 2>/dev/null || true
  done
}

# end_name_server: the one that lives in the namespace that plays the host.
end_name_server() {
  local pid
  for pid in $(pgrep -f "^/usr/lib/podman/aardvark-dns"); do
    [ "$(readlink "/proc/$pid/ns/net")" != "$(readlink "/proc/$HOST/ns/net")" ] || kill "$pid"
  done
}
