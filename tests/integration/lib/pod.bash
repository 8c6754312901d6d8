# shellcheck shell=bash
# Pods over the container runtime interface, in the containerd of lib/containerd.bash.

# pod_config NAME [JQ-FILTER]: writes $HOME_DIR/NAME.json and prints its path. Where systemd has the cgroups, a slice is the
# parent, as a kubelet's would be.
pod_config() {
  local linux={}
  [ "${KATA_CGROUP_DRIVER:-cgroupfs}" = cgroupfs ] || linux="{\"cgroup_parent\": \"$ID.slice\"}"
  jq -n --argjson linux "$linux" --arg name "$1" --arg uid "$ID-$1" --arg logs "$HOME_DIR/logs/$1" \
    '{metadata: {name: $name, uid: $uid, namespace: "test"}, hostname: $name, log_directory: $logs, linux: $linux}' |
    jq "${2:-.}" >"$HOME_DIR/$1.json"
  echo "$HOME_DIR/$1.json"
}

# run_pod NAME [JQ-FILTER [HANDLER]]: its id.
run_pod() {
  mkdir -p "$HOME_DIR/logs/$1"
  cri runp "$(pod_config "$1" "${2:-.}")" ${3:+"$3"}
}

# create_in POD-ID POD-NAME NAME [JQ-FILTER] -- CMD...: a container that is not started; its id.
create_in() {
  local pod=$1 pod_name=$2 name=$3 filter=. args
  shift 3
  [ "$1" = -- ] || { filter=$1; shift; }
  shift
  args=$(jq -cn '$ARGS.positional' --args -- "$@")
  jq -n --arg name "$name" --argjson args "$args" \
    '{metadata: {name: $name}, image: {image: "localhost/busybox:test", user_specified_image: "localhost/busybox:test"}, command: $args, log_path: ($name + ".log"), linux: {}}' |
    jq "$filter" >"$HOME_DIR/$pod_name.$name.json"
  cri create "$pod" "$HOME_DIR/$pod_name.json" "$HOME_DIR/$pod_name.$name.json"
}

# run_in: create_in, started.
run_in() {
  local container
  container=$(create_in "$@") && cri start "$container" || return
  echo "$container"
}

# remove_pod ID
remove_pod() {
  cri stopp "$1"
  cri rmp "$1"
}

# pod_address ID 4|6
pod_address() { cri inspectp "$1" | jq -r '.status.network | [.ip, .additionalIps[].ip][]' | grep -m1 "$([ "$2" = 4 ] && echo '\.' || echo :)"; }

container_is() { [ "$(cri inspect "$1" | jq -r .status.state)" = "CONTAINER_$2" ]; }
pod_is() { [ "$(cri inspectp "$1" | jq -r .status.state)" = "SANDBOX_$2" ]; }
logged() { cat "$HOME_DIR/logs/$1/$2.log" 2>/dev/null; }
