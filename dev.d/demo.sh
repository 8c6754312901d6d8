# shellcheck shell=bash
# Show what works, step by step, and that nothing is left (./dev demo containerd)

[ "${1:-}" = containerd ] || die "usage: ./dev demo containerd"
dev build programs
dev image
as_root env KATA_BUILD_DIR="$KATA_BUILD_DIR" KATA_CACHE_DIR="$KATA_CACHE_DIR" bash "$KATA_SOURCE/tests/demo/containerd.sh"
