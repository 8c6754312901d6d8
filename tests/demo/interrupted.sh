#!/usr/bin/env bash
# interrupted.sh containerd|docker|podman: its tour on a terminal, where somebody presses Ctrl-C in the middle of it: the status is
# 130, and the tour itself has found nothing left on the host.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")"
case $1 in
  containerd) middle='== a pod of three' ;;
  *) middle='== a web server' ;;
esac
status=0
KATA_PTY_LIMIT=900 python3 ../integration/lib/drive_terminal.py 40 120 bash "$1.sh" <<STEPS || status=$?
expect $middle
send \x03
expect putting everything away
STEPS
[ "$status" -eq 130 ] || { echo "the tour of $1 ended with status $status after Ctrl-C, and not with 130" >&2; exit 1; }
