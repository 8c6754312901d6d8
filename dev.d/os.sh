# shellcheck shell=bash
# Run a command in another Debian, as root (./dev os [bare-]debian-12|debian-13 -- CMD...; docs/debian.md)

declare -A suites=([debian-12]=bookworm [debian-13]=trixie [bare-debian-12]=bookworm [bare-debian-13]=trixie)
name=${1:-}
suite=${suites[${name:-none}]:-}
[ -n "$suite" ] && [ "${2:-}" = -- ] && [ $# -gt 2 ] ||
  { echo "usage: ./dev os [bare-]debian-12|debian-13 -- CMD...   (./dev os debian-13 -- ./dev run -- uname -a)" >&2; exit 2; }
if [ "$(id -u)" -ne 0 ]; then
  as_root env KATA_BUILD_DIR="$KATA_BUILD_DIR" KATA_CACHE_DIR="$KATA_CACHE_DIR" "$KATA_SOURCE/dev" os "$@"
  return
fi
shift 2
command=("$@")
# A bare one has what debootstrap brings and nothing else: what a user of the packages starts with.
wanted_packages() { [[ $name == bare-* ]] || packages_of "${name#debian-}"; }
. dev.d/os-root.bash

# Its build directory is its own; of the host's it shares the sources and the cache, but neither the packages nor the engines,
# of which the newest is taken: they are of another Debian.
build=$KATA_BUILD_DIR-$name
ccache=${CCACHE_DIR:-$HOME/.cache/ccache}
mkdir -p "$build" "$ccache" "$KATA_CACHE_DIR"/{packages,"packages-${name#bare-}",engines,"engines-${name#bare-}",os-place}
binds=("$KATA_SOURCE" "$build" "$KATA_CACHE_DIR" "$ccache")
git=$(git -c safe.directory='*' rev-parse --path-format=absolute --git-common-dir 2>/dev/null || true)
[ -z "$git" ] || binds+=("$git") # of a work tree, it is elsewhere
[ "${name#bare-}" = "$(. /etc/os-release && echo "$ID-$VERSION_ID")" ] ||
  binds+=("$KATA_CACHE_DIR/packages-${name#bare-}=$KATA_CACHE_DIR/packages" "$KATA_CACHE_DIR/engines-${name#bare-}=$KATA_CACHE_DIR/engines")

settings=(HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 TERM="${TERM:-dumb}" KATA_OS="$name")
while read -r variable; do settings+=("$variable=${!variable}"); done < <(compgen -e | grep -E '^(KATA_|https?_proxy$|no_proxy$|CI$)')
settings+=(KATA_BUILD_DIR="$build" CCACHE_DIR="$ccache")

root=$KATA_CACHE_DIR/os-$name-$(root_key)
make_root
exec 6<"$root" # so that nobody removes it
flock -s 6
touch "$root"
place=$KATA_CACHE_DIR/os-place enter "$root" "$name" "${OLDPWD:-$KATA_SOURCE}" "${binds[@]}" -- env -i "${settings[@]}" "${command[@]}"
