#!/usr/bin/env bash
# walks.sh [ROOT]: every file and folder that docs/walks.md names exists.
set -euo pipefail
cd "${1:-$(dirname "$(readlink -f "$0")")/../..}"
bad=0
while IFS= read -r path; do
  [ -e "$path" ] || { echo "docs/walks.md: there is no $path"; bad=1; }
done < <(grep -oE '`[a-z_]+(/[a-z_.]+)+`' docs/walks.md | tr -d '`' | sort -u)
exit "$bad"
