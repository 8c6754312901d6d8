#!/usr/bin/env bash
# life.sh PACKAGES NEWER STATIC LOCAL: the life of the packages on a Debian that has nothing else of ours
# (./dev os bare-debian-12): installed, used, upgraded under a running container, removed, purged; then the tarball STATIC in
# /opt/kata and the tree LOCAL in /usr/local. A line "done: STEP" follows each step; packages.bats asks for them.
set -euo pipefail
packages=$1 newer=$2 static=$3 local=$4
tests=$(dirname "$(readlink -f "$0")")
: "${KATA_LIMIT:=300}" # an emulated machine beside others is slow

fail() { echo "life.sh: $*" >&2; exit 1; }
apt() { DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o Dpkg::Use-Pty=0 --no-install-recommends -o APT::Sandbox::User=root "$@" </dev/null; }
limited() { timeout -k 10 "$KATA_LIMIT" "$@"; }
kernel() { grep -aom 1 'Linux version [0-9][^ ]*' "$1" | cut -d ' ' -f 3; }

# files: all but what dpkg and apt remember. Other file systems (/proc, the sources) are left out; /run is asked, too.
files() { find / /run -xdev \( -path /var/lib/dpkg -o -path /var/lib/apt -o -path /var/cache -o -path /var/log -o -path /tmp \) -prune -o -print | LC_ALL=C sort -u; }

# What the packages need of Debian, which stays when they go. What was downloaded before is taken, and what is new is added; the
# shared directory is not apt's own, as apt waits for nobody who locks it.
needs() {
  local downloads=/var/cache/apt/archives each
  ln -s "$KATA_CACHE_DIR"/debs/*.deb "$downloads/"
  apt update || return
  # shellcheck disable=SC2046
  apt install procps zstd $(for each in "$packages"/*.deb; do dpkg-deb --field "$each" Depends; done | tr , '\n' | sed -E 's/^ *([^ ]*).*/\1/' | grep -v '^kata-' | sort -u) || return
  find "$downloads" -maxdepth 1 -type f -name '*.deb' | while read -r each; do
    cp "$each" "$KATA_CACHE_DIR/debs/.${each##*/}" && mv "$KATA_CACHE_DIR/debs/.${each##*/}" "$KATA_CACHE_DIR/debs/${each##*/}"
  done
}

installed() {
  apt install "$packages"/kata-runtime_*.deb "$packages"/kata-guest_*.deb
  [ "$(dpkg --verify kata-runtime kata-guest | grep -v '/usr/share/\(man\|doc\)/')" = "" ] || fail "files are not as the packages have them"
  command -v kata-runtime containerd-shim-kata-v2
}

checked() {
  limited kata-runtime check
  kata-runtime env | grep -F '/etc/kata-containers/configuration.toml'
}

runs() { [ "$(limited kata-runtime "do" -- uname -r)" = "$(kernel /usr/share/kata-containers/vmlinux.container)" ]; }

autopkgtest() { limited sh "$tests/../../debian/tests/do"; }

# A container that runs meanwhile, and a changed configuration file, outlive it.
upgraded() {
  local id=""
  kata-runtime "do" -- sleep 3600 >/tmp/do.log 2>&1 &
  for _ in $(seq "$KATA_LIMIT"); do
    id=$(kata-runtime list --quiet)
    [ "$(kata-runtime state "${id:-none}" 2>/dev/null | grep -c '"status": *"running"')" -eq 0 ] || break
    sleep 1
  done
  echo "# mine" >>/etc/kata-containers/configuration.toml
  apt install "$newer"/kata-runtime_*.deb "$newer"/kata-guest_*.deb
  [ "$(dpkg-query -W -f '${Version}' kata-runtime)" = "$(dpkg-deb -f "$newer"/kata-runtime_*.deb Version)" ] || fail "it was not upgraded"
  grep -qx '# mine' /etc/kata-containers/configuration.toml || fail "the upgrade took the changed configuration file"
  [ "$(limited kata-runtime exec "$id" echo here)" = here ] || fail "the container that ran does not answer the new command line"
  kata-runtime kill "$id" KILL
  wait %1 || true
  runs
}

removed() {
  apt remove kata-runtime kata-guest
  [ -f /etc/kata-containers/configuration.toml ] || fail "removing, not purging, took the configuration"
  [ ! -e /usr/share/kata-containers ] || fail "the guest is left: $(find /usr/share/kata-containers | head)"
}

purged() {
  apt purge kata-runtime kata-guest
  files >/tmp/after
  diff /tmp/before /tmp/after || fail "something is left"
}

# in_prefix PREFIX: programs there find their own stand-in, shim, kernel and initrd, whatever PATH has.
in_prefix() {
  [ "$(limited "$1/bin/kata-runtime" "do" -- uname -r)" = "$(kernel "$1/share/kata-containers/vmlinux.container")" ]
  "$1/bin/kata-runtime" env | grep -F "$1/share/kata-containers/kata-containers-initrd.img"
  "$1/bin/kata-runtime" install docker --root /tmp --dry-run | grep -F "$1/bin/kata-runtime"
}

opt() {
  tar -C / -xf "$static"
  in_prefix /opt/kata
  /opt/kata/bin/kata-runtime env | grep -F /opt/kata/share/defaults/kata-containers/configuration-qemu.toml
  rm -r /opt/kata
}

usr_local() {
  cp -a "$local/." /usr/local/
  in_prefix /usr/local
}

needs >/tmp/needs.log 2>&1 || { tail -n 20 /tmp/needs.log >&2; fail "Debian's packages could not be installed"; }
files >/tmp/before
for step in installed checked runs autopkgtest upgraded removed purged opt usr_local; do
  echo "step: $step"
  "$step"
  echo "done: $step"
done
