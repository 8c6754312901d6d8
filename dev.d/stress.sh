# shellcheck shell=bash
# Many pods: created side by side and one after the other, nothing left (./dev stress [PARALLEL [SERIAL]], default 20 200)

dev build programs
dev image
as_root env KATA_BUILD_DIR="$KATA_BUILD_DIR" KATA_CACHE_DIR="$KATA_CACHE_DIR" bash "$KATA_SOURCE/tests/stress/pods.sh" "${1:-20}" "${2:-200}"
