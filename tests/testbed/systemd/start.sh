#!/usr/bin/env bash
# start.sh UNITS: Debian's systemd as the first process of namespaces of its own (PIDs, mounts, cgroups), with nothing but
# a message bus: no unit of the system's is known to it. For the testbed only: it takes over /run and the cgroups.
set -euo pipefail
[ "${KATA_TESTBED:-}" = 1 ] || { echo "start.sh: on the testbed only" >&2; exit 1; }
units=$1
group=/sys/fs/cgroup/systemd-test
mkdir -p "$units" "$group" /run/dbus
cat >"$units/default.target" <<'END'
[Unit]
Description=A message bus, and nothing else
Requires=dbus.socket
After=dbus.socket
DefaultDependencies=no
END
cat >"$units/dbus.socket" <<'END'
[Unit]
DefaultDependencies=no
[Socket]
ListenStream=/run/dbus/system_bus_socket
END
cat >"$units/dbus.service" <<'END'
[Unit]
DefaultDependencies=no
[Service]
ExecStart=/usr/bin/dbus-daemon --system --address=systemd: --nofork --nopidfile --systemd-activation
END
# Where a stopped slice or scope goes to; systemd wants to know them.
for name in shutdown umount exit; do
  printf '[Unit]\nDefaultDependencies=no\n' >"$units/$name.target"
done
# The root of systemd's cgroups may have no process in it but systemd, which then moves itself: whoever waits for it
# waits elsewhere.
mkdir -p /sys/fs/cgroup/systemd-starter
echo $$ >"$group/cgroup.procs"
# shellcheck disable=SC2016 # the inner shells'
exec unshare --cgroup bash -euc '
  echo $$ >/sys/fs/cgroup/systemd-starter/cgroup.procs
  exec unshare --pid --mount --fork --kill-child --propagation private bash -euc "$1" - "$2"' - '
  echo 0 >/sys/fs/cgroup/systemd-test/cgroup.procs
  mount -t proc proc /proc
  umount /sys/fs/cgroup
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
  exec env -i PATH="$PATH" container=kata-testbed SYSTEMD_UNIT_PATH="$1:/run/systemd/transient:/run/systemd/system.control" \
    /lib/systemd/systemd --system --unit=default.target --log-target=console --log-level=info --show-status=false' "$units"
