# shellcheck shell=bash
# Show what works, step by step, and that nothing is left (./dev demo containerd|docker|podman)

case ${1:-} in containerd | docker | podman) ;; *) die "usage: ./dev demo containerd|docker|podman" ;; esac
dev build programs
dev image
[ "$1" != docker ] || dev docker >&2
as_root env KATA_BUILD_DIR="$KATA_BUILD_DIR" KATA_CACHE_DIR="$KATA_CACHE_DIR" bash "$KATA_SOURCE/tests/demo/$1.sh"
