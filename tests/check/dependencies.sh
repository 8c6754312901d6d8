#!/usr/bin/env bash
# dependencies.sh [ROOT]: docs/dependencies.md and dev.d/packages.txt name the same libraries.
set -euo pipefail
cd "${1:-$(dirname "$(readlink -f "$0")")/../..}"

# A library's package is lib…-dev, or …3-dev for one that is only headers.
installed() { sed -e 's/#.*//' -e 's/[[:space:]]*$//' dev.d/packages.txt | grep -E -- '-dev$' | sort; }
described() { sed -n 's/^| `\([a-z0-9-]*-dev\)` |.*/\1/p' docs/dependencies.md | sort; }

difference=$(diff <(installed) <(described) | sed -n 's/^< /only in dev.d\/packages.txt: /p; s/^> /only in docs\/dependencies.md: /p' || true)
[ -z "$difference" ] || { echo "$difference"; exit 1; }
