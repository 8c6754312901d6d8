#!/usr/bin/env bash
# busybox.sh BUSYBOX DIRECTORY: a small root file system around one static busybox.
set -euo pipefail

fail() { echo "guest/busybox.sh: $*" >&2; exit 1; }
[ $# -eq 2 ] || fail "usage: busybox.sh BUSYBOX DIRECTORY"
busybox=$1 root=$2
[ -x "$busybox" ] || fail "$busybox is missing (try: apt-get install busybox-static)"
! readelf -lW "$busybox" | grep -q INTERP || fail "$busybox is not static (try: apt-get install busybox-static)"

umask 022
rm -rf "$root"
mkdir -p "$root"/{bin,dev,etc,home,mnt,proc,root,run,sbin,sys,tmp,usr/bin,usr/sbin,var/{log,tmp}}
chmod 755 "$root" "$root"/*
chmod 700 "$root/root"
chmod 1777 "$root/tmp" "$root/var/tmp"
install -m 755 "$busybox" "$root/bin/busybox"
ln -s ../run "$root/var/run"

"$busybox" --list-full | LC_ALL=C sort | while read -r applet; do
  case $applet in
    bin/busybox | linuxrc) continue ;;
    */*/*) up=../../bin/busybox ;;
    bin/*) up=busybox ;;
    *) up=../bin/busybox ;;
  esac
  mkdir -p "$root/$(dirname "$applet")"
  ln -s "$up" "$root/$applet"
done

cat >"$root/etc/passwd" <<'END'
root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/bin/false
nobody:x:65534:65534:nobody:/home:/bin/false
END
cat >"$root/etc/group" <<'END'
root:x:0:
daemon:x:1:
tty:x:5:
nogroup:x:65534:
END
printf 'root:*::0:::::\n' >"$root/etc/shadow"
printf '127.0.0.1\tlocalhost\n::1\tlocalhost\n' >"$root/etc/hosts"
printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
: >"$root/etc/resolv.conf"
chmod 600 "$root/etc/shadow"
chmod 644 "$root"/etc/{passwd,group,hosts,nsswitch.conf,resolv.conf}
