# shellcheck shell=bash
# An ordinary user of this test's own, on a host that plays one for him: a mount namespace with his line in /etc/passwd, ids
# of his own in /etc/subuid, the programs where he may read them, and /dev/net/tun as udev makes it.

# user_setup [alone]: with `alone` nobody gave him ids. Sets WORLD (the pid that holds the mounts), HOME_OF_USER.
user_setup() {
  setpriv --reuid 65534 --regid 65534 --clear-groups unshare -U true 2>/dev/null || skip "this host has no user namespaces for users"
  USER_ID=$((10000 + RANDOM % 20000)) # ps takes an id above 2^31 for a negative number
  HOME_OF_USER=/tmp/ru-$ID # short: Unix sockets are below it
  mkdir -m 700 "$HOME_OF_USER" "$HOME_OF_USER/run"
  mkdir -m 755 "/tmp/rp-$ID"
  chown -R "$USER_ID:$USER_ID" "$HOME_OF_USER"
  { cat /etc/passwd; echo "u$ID:x:$USER_ID:$USER_ID::$HOME_OF_USER:/bin/sh"; } >"/tmp/rp-$ID/passwd"
  { cat /etc/group; echo "u$ID:x:$USER_ID:"; } >"/tmp/rp-$ID/group"
  if [ "${1:-}" = alone ]; then : >"/tmp/rp-$ID/subids"; else echo "u$ID:$((USER_ID * 70000)):65536" >"/tmp/rp-$ID/subids"; fi
  # shellcheck disable=SC2016
  unshare --mount --propagation slave -- sh -ec 'files=$1 build=$2
    for each in passwd group; do mount --bind "$files/$each" "/etc/$each"; done
    for each in subuid subgid; do [ -e "/etc/$each" ] || : >"/etc/$each"; mount --bind "$files/subids" "/etc/$each"; done
    mkdir "$files/programs"
    mount --rbind "$build" "$files/programs"
    mkdir -p /dev/net
    mount -t tmpfs -o mode=755 tmpfs /dev/net
    mknod -m 666 /dev/net/tun c 10 200
    echo >"$files/ready"
    exec sleep infinity' sh "/tmp/rp-$ID" "$KATA_BUILD_DIR" </dev/null >/dev/null 2>&1 3>&- &
  WORLD=$!
  eventually test -e "/tmp/rp-$ID/ready"
}

# as_user COMMAND...: what he runs, after a login.
as_user() {
  nsenter -t "$WORLD" -m -- setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups \
    env -i "HOME=$HOME_OF_USER" "USER=u$ID" "XDG_RUNTIME_DIR=$HOME_OF_USER/run" PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin \
    timeout -k 10 "$KATA_LIMIT" "$@"
}
as_user_kata() { as_user "/tmp/rp-$ID/programs/bin/kata-runtime" "$@"; }

# user_root: a root file system of his own, as $HOME_OF_USER/root.
user_root() {
  as_user mkdir "$HOME_OF_USER/root"
  tar -C "$KATA_SHARE/busybox-rootfs" -c . | as_user tar -C "$HOME_OF_USER/root" -x
}

processes_of_user() {
  local first=$((USER_ID * 70000))
  ps -eo uid=,pid=,stat=,args= | awk -v user="$USER_ID" -v first="$first" \
    '$3 !~ /^Z/ && ($1 == user || ($1 >= first && $1 < first + 65536))'
}
no_process_of_user() { [ -z "$(processes_of_user)" ]; }

# user_teardown: nothing of his runs any more, and nothing is where his containers were.
user_teardown() {
  local status=0
  [ -n "${WORLD:-}" ] || return 0
  if ! eventually no_process_of_user; then
    processes_of_user >&2
    status=1
    processes_of_user | awk '{print $2}' | xargs -r kill -9
  fi
  if find "$HOME_OF_USER/run" -path '*kata*' ! -type d | grep . >&2; then status=1; fi
  if find "$HOME_OF_USER/run/kata" "$HOME_OF_USER/run/kata-runtime" "$HOME_OF_USER/run/kata-containers/shared/sandboxes" -mindepth 1 2>/dev/null | grep . >&2; then status=1; fi
  if find /tmp -maxdepth 1 -name 'kata-do-*' -uid "$USER_ID" | grep . >&2; then
    find /tmp -maxdepth 1 -name 'kata-do-*' -uid "$USER_ID" -exec rm -rf {} +
    status=1
  fi
  kill "$WORLD"
  wait "$WORLD" 2>/dev/null || true
  rm -rf --one-file-system "/tmp/ru-${ID:?}" "/tmp/rp-${ID:?}"
  return "$status"
}
