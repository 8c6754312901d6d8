#!/usr/bin/env bash
# rows.sh [ROOT]: each row of "Engines, beside runc" in docs/limitations.md is one that a test asks.
set -euo pipefail
cd "${1:-$(dirname "$(readlink -f "$0")")/../..}"

named() { sed -n '/^### Engines, beside runc/,/^## /p' docs/limitations.md | sed -n 's/^| \(`[^|]*\) |.*/\1/p' | grep -oE '[a-z0-9-]+' | sort -u; }
asked() { cat tests/integration/lib/{docker,podman}/*.bash tests/kubernetes/lib/*.bash tests/engines/*.bats | sed -n 's/^ *row \([a-z0-9-]*\) .*/\1/p' | sort; }

twice=$(for each in tests/integration/lib/{docker,podman}/*.bash tests/kubernetes/lib/*.bash; do sed -n 's/^ *row \([a-z0-9-]*\) .*/\1/p' "$each" | sort | uniq -d; done)
[ -z "$twice" ] || { echo "rows with the same name: $twice"; exit 1; }
stale=$(comm -23 <(named) <(asked | uniq))
[ -z "$stale" ] || { echo "docs/limitations.md, \"Engines, beside runc\": no test asks $stale"; exit 1; }
