# shellcheck shell=bash
# How ./dev os and ./dev inside make the root file system of a Debian, and enter it. Sourced, with $name, its $suite, and the
# function wanted_packages.

. dev.d/archive.bash
mirror=$(archive Debian http://deb.debian.org/debian)
security=$(archive Debian-Security http://deb.debian.org/debian-security)
eval "$(apt-config shell http_proxy Acquire::http::Proxy)"
[ -z "${http_proxy:-}" ] || export http_proxy

# root_key: with the week, as the archive forgets packages that old lists name.
root_key() {
  { echo "$suite $mirror $security $(date +%G-%V)"; wanted_packages; cat dev.d/os-root.bash; } | sha256sum | cut -c 1-16
}

# enter ROOT HOSTNAME DIRECTORY BIND... -- COMMAND...: the namespaces end with the command or with this shell, and with them all
# its processes and mounts. $place: a directory over which the writable copy is mounted; without it ROOT itself is written.
enter() {
  local entered
  place=${place:-} setpriv --pdeathsig KILL -- \
    unshare --mount --pid --ipc --uts --fork --kill-child --propagation private bash "$KATA_SOURCE/dev.d/os-inside.bash" "$@" <&0 &
  entered=$!
  # shellcheck disable=SC2064
  trap "kill -KILL $entered; exit 130" INT
  # shellcheck disable=SC2064
  trap "kill -KILL $entered; exit 143" TERM HUP
  wait "$entered"
}

# progress LOG WORD WHAT: every ten seconds, how many lines of LOG begin with WORD.
progress() {
  while sleep 10 && kill -0 $$; do say "$name: $3: $(grep -c "^$2" "$1" 2>/dev/null || true)"; done
}

# followed LOG WORD WHAT COMMAND...
followed() {
  local log=$1 status=0 follower
  progress "$1" "$2" "$3" &
  follower=$!
  "${@:4}" >"$log" 2>&1 </dev/null || status=$?
  kill "$follower"
  wait "$follower" 2>/dev/null || true
  [ "$status" -eq 0 ] && return
  tail -n 40 "$log" >&2
  die "$name could not be made ($3); the whole output is in $log"
}

# configure ROOT: where apt finds packages; no daemon starts when its package is installed; nothing is synced to the disk, as
# what is half made is thrown away.
configure() {
  rm -f "$1"/etc/apt/sources.list.d/*
  printf 'deb %s %s main\n' "$mirror" "$suite" "$mirror" "$suite-updates" "$security" "$suite-security" >"$1/etc/apt/sources.list"
  printf 'force-unsafe-io\npath-exclude=/usr/share/man/*\npath-exclude=/usr/share/doc/*\npath-exclude=/usr/share/locale/*\n' \
    >"$1/etc/dpkg/dpkg.cfg.d/kata"
  printf '#!/bin/sh\nexit 101\n' >"$1/usr/sbin/policy-rc.d"
  chmod 755 "$1/usr/sbin/policy-rc.d"
}

install_packages() {
  local apt=(env DEBIAN_FRONTEND=noninteractive HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin apt-get -o APT::Sandbox::User=root)
  enter "$1" "$name" / "$KATA_CACHE_DIR/debs=/var/cache/apt/archives" -- "${apt[@]}" update
  # shellcheck disable=SC2046
  enter "$1" "$name" / "$KATA_CACHE_DIR/debs=/var/cache/apt/archives" -- "${apt[@]}" install -y --no-install-recommends \
    $(wanted_packages)
}

# make_root: $root, complete or not at all. Others that nobody has used for a week go.
make_root() {
  local log=$KATA_CACHE_DIR/os-$name.log old
  [ ! -d "$root" ] || return 0
  command -v debootstrap >/dev/null || dev setup
  exec 7>"$KATA_CACHE_DIR/.os-$name.lock"
  flock -n 7 || { say "waiting for another ./dev os, which makes $name"; flock 7; }
  [ ! -d "$root" ] || { exec 7>&-; return 0; }
  find "$KATA_CACHE_DIR" -maxdepth 1 -name "os-$name-*" \( -name '*.new' -o -mtime +7 \) | while read -r old; do
    if flock -n -x "$old" true; then rm -rf "$old"; fi
  done
  say "making $name ($suite from $mirror), once a week and for each list of packages; one to five minutes"
  mkdir -p "$KATA_CACHE_DIR/debs"
  followed "$log" I "steps of the base system" \
    debootstrap --variant=minbase --include=ca-certificates --cache-dir="$KATA_CACHE_DIR/debs" "$suite" "$root.new" "$mirror"
  configure "$root.new"
  followed "$log" "Setting up" "packages that are set up" install_packages "$root.new"
  mv -T "$root.new" "$root"
  exec 7>&-
}
