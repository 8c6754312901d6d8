# shellcheck shell=bash
# A Docker of the test's own: one daemon for a file of tests, with its containerd, in a network and a mount namespace of
# its own, so that neither rules nor bridges nor mounts of it are the host's. Its runtimes are runc, "kata", which is
# registered by its path, and "kata-shim" where Docker knows shims. lib/docker/ has what it is asked.

for each in "$(dirname "${BASH_SOURCE[0]}")"/{engines.bash,docker/*.bash}; do
  # shellcheck disable=SC1090
  . "$each"
done

# docker_programs: the directory of the newest that ./dev docker has unpacked, or nothing.
docker_programs() {
  find "$KATA_CACHE_DIR/engines" -path '*/docker.io-*/bin/dockerd' -perm -100 -printf '%h\n' 2>/dev/null | sort -V | tail -n 1
}

# docker_names ID: what belongs to the daemon of that id. DOCKER is where its programs are, and ENGINE what it is called.
docker_names() {
  DOCKER_HOME=/tmp/kd-$1 # short: a Unix socket's path has at most 107 bytes
  DOCKER_NS=kd$1
  DOCKER_HOST=unix://$DOCKER_HOME/docker.sock
  # The sandboxes of its containers bear the mark of the root that containerd's shim gives the command line: it is called
  # after runc whatever the runtime is.
  MARK=$(root_mark "$DOCKER_HOME/run/runtime-runc/moby")
  DOCKER=${DOCKER:-$(docker_programs)}
  ENGINE=${ENGINE:-Docker $(version_of_docker)}
  # Before Docker 23 there are no shims.
  [ "$ENGINE" = "Docker 20.10" ] || export RUNTIMES="kata kata-shim"
  export DOCKER_HOME DOCKER_NS DOCKER_HOST DOCKER ENGINE MARK
}

# version_of_docker: 20.10 or 26.1
version_of_docker() { "${DOCKER:-false}/dockerd" --version 2>/dev/null | sed -nE 's/^Docker version ([0-9]+\.[0-9]+).*/\1/p'; }

# docker_29: the daemon is that of ./dev engines, by path and as a shim. Its runc, docker-init and compose are, too.
docker_29() {
  export ENGINE="Docker 29" RUNTIMES="kata kata-shim"
  use_engine containerd-2
  use_engine docker-29-tools
  use_engine docker-29
  DOCKER=$(engine_programs docker-29)
}

# beside_docker NAME: a program that comes with Docker: of the daemon's own directory, or of the tools for it.
beside_docker() { find "$DOCKER" "$(engine_programs docker-29-tools)" -maxdepth 1 -name "$1" 2>/dev/null | head -n 1; }

# start_docker: for setup_file, after common_setup; needs $ID. The image "busybox" is in it.
start_docker() {
  docker_names "$ID"
  [ -n "$DOCKER" ] || skip "there is no Docker: ./dev docker unpacks Debian's"
  local compose
  mkdir -p "$DOCKER_HOME/config/cli-plugins"
  compose=$(beside_docker docker-compose) # Debian's Docker has none
  [ -z "$compose" ] || ln -s "$compose" "$DOCKER_HOME/config/cli-plugins/docker-compose"
  configure_docker runc
  ip netns add "$DOCKER_NS"
  in_docker ip link set lo up
  start_daemon
  tar -C "$KATA_SHARE/busybox-rootfs" -c . | docker_ import -c 'CMD ["sleep", "100000"]' -c 'ENV PATH=/bin:/sbin:/usr/bin:/usr/sbin' - busybox >/dev/null
}

# start_daemon: its own mount namespace is kept by a process beside it, so that one that is started again finds the mounts of the
# containers that run on (live-restore).
start_daemon() {
  if ! kill -0 "$(cat "$DOCKER_HOME/holder" 2>/dev/null || echo 0)" 2>/dev/null || [ ! -s "$DOCKER_HOME/holder" ]; then
    setsid nsenter --net="/run/netns/$DOCKER_NS" -- unshare -m sh -c "echo \$\$ >$DOCKER_HOME/holder; exec sleep infinity" >/dev/null 2>&1 </dev/null 3>&- 4>&- &
    eventually test -s "$DOCKER_HOME/holder"
  fi
  # All of these programs become the daemon, so the process is its own. A terminal's Ctrl-C is not for it.
  PATH=$DOCKER:$KATA_BUILD_DIR/bin:$PATH setsid nsenter -t "$(cat "$DOCKER_HOME/holder")" -m -n -- \
    "$DOCKER/dockerd" --config-file "$DOCKER_HOME/daemon.json" >>"$DOCKER_HOME/log" 2>&1 </dev/null 3>&- 4>&- &
  echo $! >"$DOCKER_HOME/pid"
  eventually docker_ version
}

# configure_docker RUNTIME: which is the default. MORE_RUNTIME may be the path of a further one, which is known by its last word.
configure_docker() {
  # Newer ones keep images with containerd as they come, on overlayfs.
  local more='{"storage-driver": "vfs", "runtimes": {}}'
  [ "$ENGINE" = "Docker 20.10" ] || more='{"runtimes": {"kata-shim": {"runtimeType": "io.containerd.kata.v2"}}}'
  local driver=${KATA_CGROUP_DRIVER:-cgroupfs} parent=/$ID
  [ "$driver" = cgroupfs ] || parent=$ID.slice
  jq -n --arg driver "$driver" --arg parent "$parent" --arg home "$DOCKER_HOME" --arg runtime "$KATA_RUNTIME" --arg programs "$DOCKER" --arg default "$1" \
    --arg init "$(beside_docker docker-init)" --argjson more "$more" --arg further "${MORE_RUNTIME:-}" '$more + {
    "data-root": "\($home)/data", "exec-root": "\($home)/run", "pidfile": "\($home)/docker.pid", "hosts": ["unix://\($home)/docker.sock"],
    "exec-opts": ["native.cgroupdriver=\($driver)"], "cgroup-parent": $parent, "bip": "10.88.77.1/24",
    "userland-proxy-path": "\($programs)/docker-proxy", "init-path": $init, "ip6tables": false, "live-restore": true,
    "default-runtime": $default, "runtimes": ($more.runtimes + {"kata": {"path": $runtime}}
      + if $further == "" then {} else {($further | split("/")[-1]): {"path": $further}} end)}' >"$DOCKER_HOME/daemon.json"
}

# default_runtime RUNTIME: of the daemon that runs.
default_runtime() {
  configure_docker "$1"
  kill -HUP "$(cat "$DOCKER_HOME/pid")"
  eventually is_default "$1"
}
knows_runtime() { docker_ info -f '{{json .Runtimes}}' | jq -e --arg name "$1" '.[$name]'; }
is_default() { [ "$(docker_ info -f '{{.DefaultRuntime}}')" = "$1" ]; }

# in_docker COMMAND...: where the daemon's bridges are. The file system stays the host's.
in_docker() { nsenter --net="/run/netns/$DOCKER_NS" -- "$@"; }

docker_() { timeout -k 10 "$KATA_LIMIT" "$DOCKER/docker" --config "$DOCKER_HOME/config" "$@"; }

engine_log() { grep -E 'level=(error|warning)' "$DOCKER_HOME/log" | tail -n 10; }

# stop_docker: for teardown_file. With live-restore the containers do not end with the daemon.
stop_docker() {
  [ -n "${DOCKER_HOME:-}" ] && [ -f "$DOCKER_HOME/pid" ] || return 0
  local pid each
  pid=$(cat "$DOCKER_HOME/pid")
  for each in $(docker_ ps -aq); do docker_ rm -f -v "$each" >/dev/null || true; done
  kill "$pid" || true
  KATA_WAIT=30 eventually is_gone "$pid" || kill -9 "$pid"
  kill "$(cat "$DOCKER_HOME/holder")" || true
  ip netns del "$DOCKER_NS"
  find /sys/fs/cgroup -depth -type d -path "*/$ID*" -exec rmdir {} \; 2>/dev/null || true
  rm -rf "${DOCKER_HOME:?}"
}
