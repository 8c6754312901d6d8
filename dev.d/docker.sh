# shellcheck shell=bash
# Unpack Debian's Docker for the tests, without installing it (./dev docker)

# The installed package would start a service and replace docker-ce. $KATA_CACHE_DIR/engines/docker.io-<version>/bin with dockerd,
# docker, docker-proxy and docker-init appears when it is complete. Their libraries come with what ./dev setup installs.
left_out() { say "Docker is left out: $*"; }

# candidate: the version that apt would install, or nothing.
candidate() { apt-cache policy docker.io 2>/dev/null | sed -n 's/^ *Candidate: *\([0-9].*\)$/\1/p'; }

# unpack DIRECTORY PACKAGE PROGRAM [NAME]: one program of a package, into DIRECTORY/bin. Where in it differs between releases.
unpack() {
  dpkg-deb --fsys-tarfile "$2" | tar -xO --wildcards "*bin/$3" >"$1/bin/${4:-$3}" || return
  chmod 755 "$1/bin/${4:-$3}"
}

# prepare DIRECTORY: of $version. The command line is a package of its own in later ones.
prepare() {
  local name client=docker.io
  [[ $version == 20.* ]] || client=docker-cli
  mkdir "$1/bin"
  for name in "docker.io=$version" "$client" tini; do [ -n "$(newest_package "${name/=/_}_")" ] || download_package "$name"; done
  for name in dockerd docker-proxy; do unpack "$1" "$(newest_package "docker.io_${version}_")" "$name" || return; done
  unpack "$1" "$(newest_package "${client}_")" docker || return
  unpack "$1" "$(newest_package tini_)" tini-static docker-init || return
  "$1/bin/dockerd" --version >&2
}

command -v apt-get >/dev/null || { left_out "this is not Debian"; return 0; }
version=$(candidate)
if [ -z "$version" ]; then
  quietly "$KATA_BUILD_DIR/log/apt-update.log" as_root apt-get update
  version=$(candidate)
fi
[[ $version == 20.10.* || $version == 26.* ]] || { left_out "apt has ${version:-none}; Debian 12 has 20.10, Debian 13 has 26.1"; return 0; }
place=$KATA_CACHE_DIR/engines/docker.io-$version
if [ ! -x "$place/bin/dockerd" ]; then
  say "unpacking Docker $version"
  complete_directory "$place" prepare || { left_out "it could not be unpacked, or does not start here"; return 0; }
fi
echo "$place/bin/dockerd"
