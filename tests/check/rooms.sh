#!/usr/bin/env bash
# rooms.sh [ROOT]: no room includes a room above it, and nobody includes a relative path.
set -euo pipefail
cd "${1:-$(dirname "$(readlink -f "$0")")/../..}"

# What each room may include from.
declare -A allowed=(
  [lib]="lib"
  [agent]="lib agent"
  [hypervisor]="lib hypervisor"
  [runtime]="lib hypervisor runtime"
  [shim]="lib hypervisor runtime shim"
  [cli]="lib hypervisor runtime cli"
)
rooms=${!allowed[*]}
bad=0
while IFS=: read -r file line text; do
  room=${file%%/*}
  header=${text#*\"}
  header=${header%%\"*}
  other=${header%%/*}
  case " $rooms " in
    *" $other "*) [[ " ${allowed[$room]} " == *" $other "* ]] && continue ;;
    *) [[ $header != ../* && $header != ./* ]] && continue ;;
  esac
  echo "$file:$line: $room/ must not include \"$header\" (allowed: ${allowed[$room]})"
  bad=1
done < <(for room in $rooms; do
  grep -rsnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' "$room" --include='*.cc' --include='*.h' --include='*.c' || true
done)
exit "$bad"
