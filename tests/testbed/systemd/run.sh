#!/usr/bin/env bash
# run.sh CMD...: the command, on the testbed, where systemd is the init and cgroups are systemd's alone: engines whose tests
# this runs leave cgroups to it (KATA_CGROUP_DRIVER).
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=tests/integration/lib/kata.bash
. "$here/../../integration/lib/kata.bash"
# shellcheck source=tests/testbed/lib/systemd.bash
. "$here/../lib/systemd.bash"
export KATA_CGROUP_DRIVER=systemd KATA_LIMIT=${KATA_LIMIT:-300}
start_systemd
trap stop_systemd EXIT
eventually systemd_answers >/dev/null || { cat /run/systemd.log >&2; exit 1; }
in_scope env -C "$PWD" -- "$@"
