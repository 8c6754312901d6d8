#!/usr/bin/env bash
# headers.sh BUILD: every header that standard input names compiles alone. BUILD is a finished build: its generated headers
# are needed.
set -euo pipefail
build=$(readlink -f "$1")
cd "$(dirname "$(readlink -f "$0")")/../.."

generated=$(find "$build" -type d -name generated | sed 's/^/-I/' | tr '\n' ' ')
export generated
# shellcheck disable=SC2016
{ grep -E '^(lib|agent|hypervisor|runtime|shim|cli)/' || true; } | xargs -r -P "$(nproc)" -n 1 bash -c '
    echo "#include \"$0\"" | g++ -std=gnu++20 -Ulinux -fsyntax-only -Wall -Wextra -Wno-missing-field-initializers -DKATA_VERSION=\"0\" -I. $generated -x c++ - ||
      { echo "$0 does not compile alone"; exit 1; }'
