# shellcheck shell=bash
# The words of the groups in this directory.

# d ARG...: Docker's command line; "d run" and "d create" with the runtime.
d() {
  local command=$1
  shift
  case $command in
    run | create) docker_ "$command" --runtime "$RUNTIME" "$@" ;;
    *) docker_ "$command" "$@" ;;
  esac
}

inspected() { d inspect -f "$1" "$2"; }
inside() { d exec "$C" sh -c "$1"; }
is_like() { [ "$(inspected "$1" "$2")" = "$3" ]; }
# limit_is NAME-IN-V1 NAME-IN-V2: a limit of the container's cgroup.
limit_is() { inside "cat /sys/fs/cgroup/$1 /sys/fs/cgroup/$2 2>/dev/null | cut -d ' ' -f 1"; }
