# shellcheck shell=bash
# Many pods or containers, nothing left (./dev stress [PARALLEL [SERIAL]], default 20 200; ./dev stress docker|podman [COUNT [AT_ONCE]], 100 10)

dev build programs
dev image
[ "${1:-}" != docker ] || dev docker >&2
case ${1:-} in
  docker | podman) script=(containers.sh "$1" "${2:-100}" "${3:-10}") ;;
  *) script=(pods.sh "${1:-20}" "${2:-200}") ;;
esac
as_root env KATA_BUILD_DIR="$KATA_BUILD_DIR" KATA_CACHE_DIR="$KATA_CACHE_DIR" bash "$KATA_SOURCE/tests/stress/${script[0]}" "${script[@]:1}"
