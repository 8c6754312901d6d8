# shellcheck shell=bash
# Debian's systemd beside the tests of the testbed (systemd/start.sh). The system ends with the process that started it.
systemd_here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../systemd

# start_systemd: in the background; sets SYSTEMD_STARTER. What it says goes to /run/systemd.log.
start_systemd() {
  "$systemd_here/start.sh" /run/kata-units >/run/systemd.log 2>&1 3>&- &
  export SYSTEMD_STARTER=$!
}
stop_systemd() { [ -z "${SYSTEMD_STARTER:-}" ] || kill -9 "$SYSTEMD_STARTER"; }

systemd_pid() { pgrep -P "$SYSTEMD_STARTER"; }

# inside_systemd CMD...: in its namespaces.
inside_systemd() { nsenter --target "$(systemd_pid)" --mount --pid --cgroup -- "$@"; }

systemd_answers() { systemd_pid && inside_systemd busctl --system list; }

# in_scope CMD...: in a scope of its own, as a service of that system would be.
in_scope() { inside_systemd systemd-run --scope --quiet --collect -- "$@"; }
