# shellcheck shell=bash
# What a user waits for: a container that says nothing, and a command in one that runs, by Docker and by Podman with each runtime.

# crun_here DIRECTORY: a program "crun" there. crun refuses hosts that have both versions of cgroups; it then sees those of version
# 1 alone, in a mount namespace that costs it a few milliseconds.
crun_here() {
  local view=""
  [ ! -e /sys/fs/cgroup/unified/cgroup.procs ] || view='unshare -m sh -c "umount /sys/fs/cgroup/unified && exec crun \"\$@\"" '
  mkdir -p "$1"
  printf '#!/bin/sh\nexec %scrun "$@"\n' "$view" >"$1/crun"
  chmod 755 "$1/crun"
}

# stop_engines: also of a part that ended early.
stop_engines() {
  stop_docker
  podman_teardown
}

# beside_each_other ENGINE RUN EXEC: RUN and EXEC are commands with @ in the place of the runtime's name. Containers with the names
# bench-@ run already.
beside_each_other() {
  runtimes_of "$1-run" "${RUNS:?}" "$2"
  runtimes_of "$1-exec" $((RUNS * 3)) "$3"
}
runtimes_of() {
  local name=$1 runs=$2 command=$3 runtimes=(runc crun kata) index seconds each commands=()
  for each in "${runtimes[@]}"; do commands+=("${command//@/$each}"); done
  hyper "engines-$name" "$runs" 1 "${commands[@]}"
  for index in 0 1 2; do
    seconds=$(hyper_median "engines-$name" "$index")
    figure "$name-${runtimes[index]}" "$seconds" s "${name/-/ } with ${runtimes[index]}"
    [ "$index" -eq 0 ] || figure "$name-${runtimes[index]}-against-runc" \
      "$(ratio "$seconds" "$(hyper_median "engines-$name" 0)")" times "  against runc's"
  done
}

bench_docker() {
  local runtime
  MORE_RUNTIME=$BENCH/bin/crun start_docker >/dev/null
  for runtime in runc crun kata; do docker_ run -d --runtime "$runtime" --name "bench-$runtime" busybox >/dev/null; done
  local client="${DOCKER:?}/docker --config $DOCKER_HOME/config"
  beside_each_other docker "$client run --rm --runtime @ busybox true" "$client exec bench-@ true"
  stop_docker
}

bench_podman() {
  local runtime podman
  KATA_ROOT=$RUN podman_setup
  runtime_program crun "$BENCH/bin/crun" --root "${PODMAN:?}/crun-root"
  podman_configuration | sed "s|^\[engine.runtimes\]|&\ncrun = [\"$PODMAN/crun\"]|" >"$PODMAN/containers.conf"
  for runtime in runc crun kata; do own_podman --runtime "$runtime" run -d --name "bench-$runtime" "$IMAGE" >/dev/null; done
  podman=$(podman_command)
  beside_each_other podman "$podman --runtime @ run --rm $IMAGE true" "$podman exec bench-@ true"
  podman_teardown
}

bench_engines() {
  crun_here "$BENCH/bin"
  if [ -n "$(docker_programs)" ]; then bench_docker; else echo "there is no Docker: ./dev docker unpacks Debian's"; fi
  bench_podman
}
