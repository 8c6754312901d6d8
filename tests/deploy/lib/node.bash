# shellcheck shell=bash disable=SC2120
# A node's root directory that kata-deploy can be let loose on: programs with their libraries, a systemd that remembers what it
# was asked, and no more. Each command runs in a mount namespace of its own, in which the node has /proc and /dev.

KATA_DEPLOY=$KATA_BUILD_DIR/bin/kata-deploy

# node_setup: $NODE, and $PAYLOAD, whose kata-runtime says yes to everything.
node_setup() {
  bats_require_minimum_version 1.5.0
  [ "$(id -u)" -eq 0 ] || skip "needs root"
  NODE=$BATS_TEST_TMPDIR/node
  PAYLOAD=$BATS_TEST_TMPDIR/payload
  SETTINGS=()
  mkdir -p "$NODE"/{bin,usr/bin,usr/sbin,proc,dev,tmp,run/systemd/system,run/containerd,etc/containerd,opt}
  cp "$KATA_SHARE/busybox-rootfs/bin/busybox" "$NODE/bin/"
  ln -s busybox "$NODE/bin/sh"
  local each
  for each in env grep cat rm; do ln -s /bin/busybox "$NODE/usr/bin/$each"; done
  systemctl_of_node
  payload_of_node
}

# What it was asked is in /run/asked; a unit is active once it was restarted, or has a file /run/unit-NAME. With the file
# /run/refuses an engine whose configuration names the runtime does not start.
systemctl_of_node() {
  cat >"$NODE/usr/bin/systemctl" <<'END'
#!/bin/sh
echo "$*" >>/run/asked
case "$1" in
  show)
    state=inactive
    [ ! -e "/run/unit-$2" ] || state=active
    [ ! -e /run/failed ] || state=failed
    printf 'Job=\nActiveState=%s\n' "$state" ;;
  restart)
    : >"/run/unit-$3"
    rm -f /run/failed
    [ ! -e /run/refuses ] || ! grep -q kata-qemu /etc/containerd/config.toml || : >/run/failed ;;
esac
END
  cat >"$NODE/usr/bin/journalctl" <<'END'
#!/bin/sh
echo "failed to load the plugin"
END
  chmod 755 "$NODE"/usr/bin/{systemctl,journalctl}
}

payload_of_node() {
  local at=$PAYLOAD/opt/kata
  mkdir -p "$at"/bin "$at"/share/defaults/kata-containers
  printf '#!/bin/sh\necho "$@" >>/run/checked\nexec cat /run/check-says 2>/dev/null\n' >"$at/bin/kata-runtime"
  sed -i 's/^exec .*/[ ! -e \/run\/cannot ]/' "$at/bin/kata-runtime"
  printf 'a shim\n' >"$at/bin/containerd-shim-kata-v2"
  chmod 755 "$at"/bin/*
  printf '# defaults\n' >"$at/share/defaults/kata-containers/configuration-qemu.toml"
  ln -s configuration-qemu.toml "$at/share/defaults/kata-containers/configuration.toml"
}

# put PROGRAM [PLACE]: a program of this machine, with its libraries.
put() {
  local file place=${2:-$1}
  install -D "$(readlink -f "$1")" "$NODE$place"
  { ldd "$1" 2>/dev/null || true; } | grep -o '/[^ ]*' | while read -r file; do
    install -D "$(readlink -f "$file")" "$NODE$file"
  done
}

# runs UNIT SOCKET: a unit that is active, and somebody who listens there.
runs() {
  : >"$NODE/run/unit-$1"
  mkdir -p "$(dirname "$NODE$2")"
  (cd "$(dirname "$NODE$2")" && exec socat "UNIX-LISTEN:${2##*/},fork" OPEN:/dev/null 3>&- 2>/dev/null) &
  LISTENER=$!
  eventually test -S "$NODE$2"
}
node_teardown() { [ -z "${LISTENER:-}" ] || kill "$LISTENER" 2>/dev/null || true; }

# in_node COMMAND...: in its mount namespace.
in_node() {
  # shellcheck disable=SC2016
  timeout 120 unshare --mount --propagation slave -- sh -c 'mount --rbind /proc "$0/proc" && mount --rbind /dev "$0/dev" && exec "$@"' "$NODE" "$@"
}
# deploy ACTION [OPTION...], with the variables of SETTINGS.
deploy() {
  in_node env "${SETTINGS[@]}" "$KATA_DEPLOY" --host "$NODE" --artifacts "$PAYLOAD" --patience "${PATIENCE:-20}" \
    --termination-log "$BATS_TEST_TMPDIR/termination-log" "$@"
}
# dump: what the node's own containerd makes of the node's files.
dump() { in_node chroot "$NODE" "${1:-/usr/bin/containerd}" --config "${2:-/etc/containerd/config.toml}" config dump 2>/dev/null; }

# files [DIRECTORY...]: of the node, with checksums and links' targets; without what only says who was here.
files() {
  (cd "$NODE" && find "${@:-.}" -xdev \( -type f -o -type l \) ! -path './run/*' ! -path './proc/*' ! -path './dev/*' \
    -printf '%p %l ' \( -type f -exec sha256sum {} \; -o -printf '\n' \) | sort)
}

# once_and_back: twice is once, and cleaned up is as before.
once_and_back() {
  local before after
  before=$(files)
  run -0 deploy install
  holds "$output" '^wrote '
  after=$(files)
  rm -f "$NODE/run/asked"
  run -0 deploy install
  holds "$output" 'nothing changed'
  expect "$(files)" "$after"
  run ! grep restart "$NODE/run/asked"
  run -0 deploy cleanup
  expect "$(files)" "$before"
  run -0 deploy cleanup
  expect "$(files)" "$before"
}
