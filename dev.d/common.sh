# shellcheck shell=bash
# What every command of ./dev shares. Sourced; $KATA_SOURCE is the root of the source tree.

: "${KATA_BUILD_DIR:=$KATA_SOURCE/build}"
: "${KATA_CACHE_DIR:=${XDG_CACHE_HOME:-$HOME/.cache}/kata-cpp}"
export KATA_BUILD_DIR KATA_CACHE_DIR

# say TEXT: a line of progress on stderr, so that stdout stays the command's own.
say() { printf '\033[1m[%s]\033[0m %s\n' "$(date +%T)" "$*" >&2; }
die() { printf './dev: %s\n' "$*" >&2; exit 1; }

# as_root CMD...: what needs root, through sudo for everybody else.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo -- "$@"
  else
    die "\"$1\" needs root, and there is no sudo: run ./dev as root"
  fi
}

# quietly LOG CMD...: the command's output goes to LOG, shown (its end) only on failure.
quietly() {
  local log=$1
  shift
  mkdir -p "$(dirname "$log")"
  if ! "$@" >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    die "\"$*\" failed; its whole output is in $log"
  fi
}

# dev COMMAND [ARG]...: another command of ./dev, in its own shell.
dev() { "$KATA_SOURCE/dev" "$@"; }

# newest_package NAME: the newest cached .deb whose name starts so, or nothing.
newest_package() { find "$KATA_CACHE_DIR/packages" -maxdepth 1 -name "$1*.deb" 2>/dev/null | sort -V | tail -n 1; }

# download_package NAME[=VERSION]: from Debian's archive into the cache; only complete files appear there.
download_package() {
  local new
  mkdir -p "$KATA_CACHE_DIR/packages"
  new=$(mktemp -d "$KATA_CACHE_DIR/packages/new.XXXXXX")
  say "downloading $1"
  (cd "$new" && quietly "$KATA_BUILD_DIR/log/apt-download.log" apt-get -o APT::Sandbox::User="$(id -un)" download "$1") || { rm -rf "$new"; exit 1; }
  mv -f "$new"/*.deb "$KATA_CACHE_DIR/packages/"
  rmdir "$new"
}

# complete_directory PLACE COMMAND [ARG]...: COMMAND fills a new directory, which is its last argument, and that becomes PLACE:
# it is there complete, or not at all.
complete_directory() {
  local place=$1 new
  shift
  mkdir -p "${place%/*}"
  new=$(mktemp -d "$place.XXXXXX")
  if ("$@" "$new") && rm -rf "$place" && mv -T "$new" "$place"; then
    chmod 755 "$place"
  else
    rm -rf "$new"
    return 1
  fi
}

# packages_of RELEASE [FILE]: what dev.d/packages.txt, or FILE, names for Debian RELEASE. A line "NAME [13]" is for 13 and later.
packages_of() {
  sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "${2:-$KATA_SOURCE/dev.d/packages.txt}" | while read -r name since; do
    since=${since//[\[\]]/}
    if [ "$1" -ge "${since:-0}" ]; then echo "$name"; fi
  done
}
