#!/usr/bin/env bash
# headers.sh BUILD [ROOT]: every header compiles alone. BUILD is a finished build: its generated headers are needed.
set -euo pipefail
build=$(readlink -f "$1")
cd "${2:-$(dirname "$(readlink -f "$0")")/../..}"

generated=$(find "$build" -type d -name generated | sed 's/^/-I/' | tr '\n' ' ')
export generated
# shellcheck disable=SC2016
find lib agent hypervisor runtime shim cli -name '*.h' -print0 |
  xargs -0 -r -P "$(nproc)" -n 1 bash -c '
    echo "#include \"$0\"" | g++ -std=gnu++20 -Ulinux -fsyntax-only -Wall -Wextra -DKATA_VERSION=\"0\" -I. $generated -x c++ - ||
      { echo "$0 does not compile alone"; exit 1; }'
