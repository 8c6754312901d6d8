#!/usr/bin/env bash
# sizes.sh [ROOT]: no source file over 400 lines, no function over 60.
set -euo pipefail
cd "${1:-$(dirname "$(readlink -f "$0")")/../..}"

files() {
  find lib agent hypervisor runtime shim cli deploy guest dev.d tests -type f \
    \( -name '*.cc' -o -name '*.h' -o -name '*.sh' -o -name '*.bats' -o -name '*.bash' -o -name '*.proto' \) 2>/dev/null || true
}
bad=0
while read -r file; do
  lines=$(wc -l <"$file")
  [ "$file" != lib/proto/agent.proto ] || continue # upstream's protocol in upstream's one file
  [ "$lines" -le 400 ] || { echo "$file: $lines lines (limit 400)"; bad=1; }
done < <(files)

# clang-format puts a function's closing brace in the column of its first line, so no parser is needed.
# shellcheck disable=SC2016
long=$(files | grep -E '\.(cc|h|sh|bash)$' | xargs -r awk '
  FNR == 1 { open = 0 }
  !open && /^( ? ?)[A-Za-z_~:<>*&,0-9 ()]+.*\{$/ && !/^ *:/ && !/ = \{$/ && !/^ *(namespace|struct|class|enum|union|extern|else|if|for|while|switch|do)[ {]/ {
    match($0, /^ */); indent = RLENGTH; start = FNR; open = 1; next }
  open && /^ *\}/ { match($0, /^ */); if (RLENGTH == indent) { open = 0
    if (FNR - start + 1 > 60) printf "%s:%d: a function of %d lines (limit 60)\n", FILENAME, start, FNR - start + 1 } }')
[ -z "$long" ] || { echo "$long"; bad=1; }
exit "$bad"
