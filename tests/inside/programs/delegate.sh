# For engines in a container, once: a cgroup whose children are to have limits can have no processes itself, so they move into a child.
if mkdir /sys/fs/cgroup/init 2>/dev/null; then
  while read -r pid; do echo "$pid" >/sys/fs/cgroup/init/cgroup.procs || true; done </sys/fs/cgroup/cgroup.procs
  echo "+cpu +memory +pids" >/sys/fs/cgroup/cgroup.subtree_control
fi
