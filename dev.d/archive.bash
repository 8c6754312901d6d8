# shellcheck shell=bash
# Debian's archive: where it is, and programs of another release than this machine's. Sourced.

# archive LABEL DEFAULT: where this machine's apt gets Debian's packages.
archive() {
  local uri
  uri=$(apt-get indextargets --format '$(REPO_URI)' "Origin: Debian" "Label: $1" 2>/dev/null | head -n 1 || true)
  uri=${uri:-$2}
  echo "${uri%/}"
}

# apt_of SUITE ARGUMENT...: apt-get, with lists of that release alone, which are the user's own.
apt_of() {
  local place=$KATA_CACHE_DIR/apt-$1
  mkdir -p "$place"/{lists/partial,archives/partial}
  echo "deb $(archive Debian http://deb.debian.org/debian) $1 main" >"$place/sources.list"
  apt-get -o APT::Sandbox::User="$(id -un)" -o Dir::Etc::SourceList="$place/sources.list" -o Dir::Etc::SourceParts=/dev/null \
    -o Dir::State="$place" -o Dir::State::Lists="$place/lists" -o Dir::State::Status=/dev/null \
    -o Dir::Cache="$place" -o Dir::Cache::Archives="$place/archives" "${@:2}"
}

# debian_package SUITE NAME DIRECTORY: downloads a package of that release into the directory. apt waits for nobody: one at a time.
debian_package() (
  exec 6>"$KATA_CACHE_DIR/.apt-$1.lock"
  flock 6
  say "downloading $2 of Debian's $1"
  quietly "$KATA_BUILD_DIR/log/apt-$1.log" apt_of "$1" update
  cd "$3" && quietly "$KATA_BUILD_DIR/log/apt-$1-download.log" apt_of "$1" download "$2"
)

# debian_program SUITE PACKAGE PATH DIRECTORY: one program of a package of that release, which is not installed.
debian_program() {
  local new status=0
  new=$(mktemp -d)
  debian_package "$1" "$2" "$new" && dpkg-deb --fsys-tarfile "$new/${2}"_*.deb | tar -xO "./$3" >"$4/${3##*/}" || status=1
  chmod 755 "$4/${3##*/}" || status=1
  rm -rf "$new"
  return "$status"
}
