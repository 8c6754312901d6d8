# shellcheck shell=bash
# The host's hierarchies of cgroups, of any layout.

# hierarchies: "VERSION CONTROLLERS MOUNT" each; version 2 has "unified" for its controllers.
hierarchies() {
  awk '{ for (i = 7; i <= NF; i++) if ($i == "-") break
    if ($(i + 1) == "cgroup2") print 2, "unified", $5
    if ($(i + 1) == "cgroup") { sub(/^(rw|ro),/, "", $(i + 3)); sub(/xattr,/, "", $(i + 3)); print 1, $(i + 3), $5 } }' /proc/self/mountinfo
}

# home_of CONTROLLER: "VERSION MOUNT" of the hierarchy that has it.
home_of() {
  local version controllers mount
  while read -r version controllers mount; do
    if [[ $version == 1 && ,$controllers, == *,$1,* ]] ||
      { [ "$version" = 2 ] && grep -qw "$1" "$mount/cgroup.controllers"; }; then
      echo "$version $mount"
      return
    fi
  done < <(hierarchies)
  return 1
}

# groups_of PID: "CONTROLLERS PATH" of each hierarchy. A thread's: PID/task/TID.
groups_of() { sed 's/^[0-9]*:\([^:]*\):/\1 /; s/^ /unified /' "/proc/$1/cgroup"; }

# all_in PATH PID...: the processes are in that group, in every hierarchy.
all_in() {
  local path=$1 pid other
  shift
  for pid in "$@"; do
    other=$(groups_of "$pid" | awk -v path="$path" '$2 != path')
    [ -z "$other" ] || { printf '%s (%s) is not in %s:\n%s\n' "$pid" "$(cat "/proc/$pid/comm")" "$path" "$other" >&2; return 1; }
  done
}

# setting CONTROLLER PATH V1-FILE V2-FILE: the text of the file that this host has.
setting() {
  local version mount
  read -r version mount < <(home_of "$1") || return 1
  if [ "$version" = 1 ]; then cat "$mount$2/$3"; else cat "$mount$2/$4"; fi
}

# group_directories TEXT: those whose path has it.
group_directories() { find /sys/fs/cgroup -type d -path "*$1*" 2>/dev/null; }

# make_group CONTROLLER PATH: of one level, as an engine would make a pod's; prints the directory.
make_group() {
  local version mount
  read -r version mount < <(home_of "$1") || return 1
  mkdir -p "$mount$2"
  echo "$mount$2"
}
