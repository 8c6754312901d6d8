# shellcheck shell=bash
# What the groups of rows share. Each is in a namespace of its own, $C, for one runtime, $RUNTIME.

export IMAGE=localhost/busybox:test

# space: the group's namespace, where pods can be made.
space() {
  must kubectl_ create namespace "$C"
  must eventually kubectl_ -n "$C" get serviceaccount default
}

k() { kubectl_ -n "$C" "$@"; }

# leave: all pods of the group are deleted, and go.
leave() {
  row pods-go deleted_all
  must kubectl_ delete namespace "$C" --wait=false
}

deleted_all() { k delete pods --all --timeout 150s >/dev/null; }

# made: the objects on stdin.
made() { k apply -f - >>"$ROWS/log" 2>&1 || { echo "kubectl apply failed"; exit 1; }; }

# pod NAME FIELDS [CONTAINER]...: YAML in its flow style. A container is what follows its image.
pod() {
  local name=$1 fields=$2 each containers=()
  shift 2
  for each in "$@"; do containers+=("{image: $IMAGE, $each}"); done
  cat <<END
apiVersion: v1
kind: Pod
metadata: {name: $name, labels: {app: $name}}
spec:
  {runtimeClassName: $RUNTIME, terminationGracePeriodSeconds: 2, enableServiceLinks: false, ${fields:+$fields, }containers: [$(IFS=,; echo "${containers[*]}")]}
END
}

# ready POD...: until they are.
ready() { k wait --for=condition=Ready --timeout "${KATA_LIMIT}s" "${@/#/pod/}"; }

# inside POD[/CONTAINER] COMMAND: a shell's.
inside() {
  local pod=${1%%/*} container=()
  [ "$pod" = "$1" ] || container=(-c "${1#*/}")
  k exec "$pod" "${container[@]}" -- sh -c "$2"
}

# told POD JSONPATH
told() { k get pod "$1" -o "jsonpath=$2"; }
# says POD JSONPATH TEXT: for eventually.
says() { [ "$(told "$1" "$2")" = "$3" ]; }

# events_of POD: the reasons, once each.
events_of() { k get events --field-selector "involvedObject.name=$1" -o 'jsonpath={range .items[*]}{.reason}{"\n"}{end}' | sort -u; }
has_event() { events_of "$1" | grep -qx "$2"; }

# fetched URL: by the node.
fetched() { on_node timeout 10 "$KATA_SHARE/busybox-rootfs/bin/busybox" wget -qO- "$1"; }
