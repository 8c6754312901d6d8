#!/usr/bin/env bash
# specification.sh [ROOT]: each test that docs/specification.md names exists, and each benchmark's promise is measured.
set -euo pipefail
cd "${1:-$(dirname "$(readlink -f "$0")")/../..}"
page=docs/specification.md
bad=0
complain() { echo "$page: $*"; bad=1; }

while IFS= read -r test; do
  file=${test%% *}
  name=${test#* \"}
  name=${name%\"}
  grep -qF "@test \"$name\"" "tests/integration/$file" 2>/dev/null || complain "tests/integration/$file has no test \"$name\""
done < <(grep -oE '[a-z_]+\.bats "[^"]+"' "$page")

while IFS= read -r file; do
  [ -f "$file" ] || complain "there is no $file"
done < <(grep -oE 'tests/[a-z_/]+\.sh' "$page")

# A promise's name may be put together with that of a kernel.
while IFS= read -r promise; do
  grep -qE "promise \"?${promise%-*}(-\\\$kernel|-${promise##*-})" tests/bench/*.bash || complain "no benchmark measures \`$promise\`"
done < <(sed -n 's/^| `\([a-z-]*\)` |.*bench .*/\1/p' "$page")

while IFS= read -r part; do
  grep -q "^bench_${part#bench }()" tests/bench/*.bash || complain "there is no \"$part\""
done < <(grep -oE 'bench [a-z]+' "$page" | grep -v 'bench measures' | sort -u)
exit "$bad"
