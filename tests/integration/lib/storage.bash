# shellcheck shell=bash
# Volumes, disks and shared file systems for the storage tests.

storage_setup() {
  MOUNTED=() LOOP=""
}

storage_teardown() {
  local index
  for ((index = ${#MOUNTED[@]} - 1; index >= 0; index--)); do umount -l "${MOUNTED[index]}" || true; done
  [ -z "$LOOP" ] || losetup -d "$LOOP" || true
}

# use_config TEXT: [hypervisor.qemu] of this test.
use_config() {
  printf '[hypervisor.qemu]\n%b\n' "$1" >"$BATS_TEST_TMPDIR/kata.toml"
  export KATA_CONF_FILE=$BATS_TEST_TMPDIR/kata.toml
  if [[ $1 == *virtio-fs* ]] && [ ! -x "$(virtiofsd_program)" ]; then skip "there is no virtiofsd"; fi
}

virtiofsd_program() {
  local path
  for path in /usr/libexec/virtiofsd /usr/lib/virtiofsd /usr/lib/qemu/virtiofsd /opt/kata/libexec/virtiofsd; do
    [ -x "$path" ] && { echo "$path"; return 0; }
  done
  echo /none
}

# rust_virtiofsd: the newest that ./dev virtiofsd has built; nothing where there is none.
rust_virtiofsd() { find "$KATA_CACHE_DIR/engines" -path '*/virtiofsd-*/bin/virtiofsd' -perm -100 2>/dev/null | sort -V | tail -n 1; }

# state_of KEY: of the sandbox's state.
state_of() { jq -r ".$1" "/run/kata/$ID$MARK/state.json"; }

mount_tmpfs() {
  mount -t tmpfs -o "$2" tmpfs "$1"
  MOUNTED+=("$1")
}

# pod_volume PLUGIN NAME: makes and prints a directory with the path that the kubelet would give it.
pod_volume() {
  local path=$BATS_TEST_TMPDIR/kubelet/pods/$ID/volumes/kubernetes.io~$1/$2
  mkdir -p "$path"
  echo "$path"
}

# add_volume SOURCE DESTINATION [OPTION]
add_volume() {
  edit_config "$BUNDLE" '.mounts += [{"destination": $to, "type": "bind", "source": $from, "options": ["rbind", $option]}]' \
    --arg from "$1" --arg to "$2" --arg option "${3:-rw}"
}

embedded_rootfs() { edit_config "$BUNDLE" '.annotations["io.katacontainers.rootfs.embedded"] = "busybox"'; }

# in_container SCRIPT: runs the bundle with the script as its first process.
in_container() {
  edit_config "$BUNDLE" '.process.args = ["sh", "-c", $script]' --arg script "$1"
  run -0 --separate-stderr kata run --bundle "$BUNDLE" "$ID"
}

# says KEY: the value of the line "KEY=value" of the output.
says() { sed -n "s|^$1=||p" <<<"$output"; }

# loop_device: $LOOP, on an image that starts with "hello".
loop_device() {
  IMAGE=$BATS_TEST_TMPDIR/image-$ID
  truncate -s 8M "$IMAGE"
  printf hello | dd of="$IMAGE" conv=notrunc status=none
  LOOP=$(losetup --find --show "$IMAGE") || skip "no loop devices here"
}

# add_block_device PATH ACCESS: $LOOP as PATH of the container.
add_block_device() {
  local numbers
  numbers=$(stat -c '%t %T' "$LOOP")
  edit_config "$BUNDLE" '.linux.devices += [{"type": "b", "path": $path, "major": $major, "minor": $minor, "fileMode": 432}]
    | .linux.resources.devices += [{"allow": true, "type": "b", "major": $major, "minor": $minor, "access": $access}]' \
    --arg path "$1" --arg access "$2" --argjson major $((0x${numbers% *})) --argjson minor $((0x${numbers#* }))
}

# block_device DRIVER
block_device() {
  use_config "block_device_driver = \"$1\""
  busybox_bundle "$BUNDLE"
  loop_device
  add_block_device /dev/data rwm
  in_container 'echo read=$(head -c 5 /dev/data); echo type=$(stat -c "%F %a" /dev/data)
    echo size=$(($(cat /sys/dev/block/$(stat -c "%t %T" /dev/data | { read a b; echo $((0x$a)):$((0x$b)); })/size) / 2048))
    printf there | dd of=/dev/data conv=notrunc 2>/dev/null'
  expect "$(says read)" hello
  expect "$(says type)" "block special file 660"
  expect "$(says size)" 8
  expect "$(head -c 5 "$IMAGE")" there "what the guest wrote"
}

# posix_basics SHARED_FS
posix_basics() {
  use_config "shared_fs = \"$1\""
  busybox_bundle "$BUNDLE"
  mkdir "$BUNDLE/rw" "$BUNDLE/ro" "$BUNDLE/rw/sub"
  echo keep >"$BUNDLE/ro/file"
  echo one >"$BUNDLE/single"
  echo inner >"$BUNDLE/rw/sub/file"
  chown 1234:5678 "$BUNDLE/rw/sub/file"
  add_volume "$BUNDLE/rw" /rw
  add_volume "$BUNDLE/ro" /ro ro
  add_volume "$BUNDLE/single" /etc/single
  add_volume "$BUNDLE/rw/sub" /sub
  in_container 'cd /rw; umask 022
    echo type=$(awk "\$2 == \"/rw\" { print \$3 }" /proc/mounts)
    echo ro=$(cat /ro/file) $(touch /ro/new 2>/dev/null || echo refused); echo single=$(cat /etc/single); echo sub=$(cat /sub/file) $(stat -c %u:%g /sub/file)
    echo hello >a; ln -s a link; ln a hard; echo link=$(cat link) $(stat -c %h a); chmod 4751 a; echo mode=$(stat -c %a a); chown 77:88 a; echo owner=$(stat -c %u:%g a)
    echo data >gone; exec 3<>gone; rm gone; echo more >&3; echo unlinked=$(ls /rw | grep -c gone) $?; exec 3>&-
    echo 1 >x; echo 2 >y; mv y x; echo renamed=$(cat x); for i in 1 2 3; do echo $i >>log; done; echo log=$(cat log | tr -d "\n")
    mkdir -p d/e; touch d/e/f; rm -r d; echo removed=$(ls -d d 2>/dev/null | wc -l)
    mkfifo fifo 2>/dev/null; echo fifo=$(stat -c %F fifo 2>/dev/null)'
  case $1 in virtio-9p) expect "$(says type)" 9p ;; *) expect "$(says type)" virtiofs ;; esac
  expect "$(says ro)" "keep refused"
  expect "$(says single)" one
  expect "$(says sub)" "inner 1234:5678"
  expect "$(says link)" "hello 2"
  expect "$(says mode)" 4751
  expect "$(says owner)" 77:88
  holds "$(says unlinked)" '^0'
  expect "$(says renamed)" 2
  expect "$(says log)" 123
  expect "$(says removed)" 0
  # QEMU 7.2's 9p makes none (docs/limitations.md).
  [ "$1" = virtio-9p ] || expect "$(says fifo)" fifo
  expect "$(stat -c %u:%g "$BUNDLE/rw/a")" 77:88 "the owner on the host"
  expect "$(tr -d '\n' <"$BUNDLE/rw/log")" 123
}

# mounts_below SHARED_FS: what a mount's options mean for what is mounted below its source.
mounts_below() {
  use_config "shared_fs = \"$1\""
  busybox_bundle "$BUNDLE"
  mkdir -p "$BUNDLE/v/sub"
  mount_tmpfs "$BUNDLE/v/sub" size=1m
  touch "$BUNDLE/v/sub/there"
  add_volume "$BUNDLE/v" /ro ro
  add_volume "$BUNDLE/v" /rro rro
  add_volume "$BUNDLE/v" /plain
  edit_config "$BUNDLE" '.mounts[-1].options = ["bind"]'
  in_container 'for f in /ro/x /ro/sub/x /rro/x /rro/sub/y; do touch $f 2>/dev/null && echo $f=written || echo $f=refused; done
    echo plain=$(ls /plain/sub)'
  expect "$(says /ro/x) $(says /ro/sub/x)" "refused written"
  expect "$(says /rro/x) $(says /rro/sub/y)" "refused refused"
  expect "$(says plain)" ""
  [ -e "$BUNDLE/v/sub/x" ]
}

# volume_of_files COUNT: $BUNDLE with a volume on /v that has so many empty files, running.
volume_of_files() {
  busybox_bundle "$BUNDLE"
  mkdir "$BUNDLE/v"
  (cd "$BUNDLE/v" && seq "$1" | xargs touch)
  add_volume "$BUNDLE/v" /v
  kata run --detach --bundle "$BUNDLE" "$ID"
}

# config_map NAME CONTENT: a new state of the volume, put in place as the kubelet does.
config_map() {
  local path number=..$RANDOM$RANDOM
  path=$(pod_volume configmap "$1")
  mkdir "$path/$number"
  echo "$2" >"$path/$number/key"
  ln -s "$number" "$path/..data_tmp"
  local old
  old=$(readlink "$path/..data" || true)
  mv -T "$path/..data_tmp" "$path/..data"
  [ -n "$old" ] || ln -s ..data/key "$path/key"
  [ -z "$old" ] || rm -r "${path:?}/$old"
}

# config_map_updates SHARED_FS
config_map_updates() {
  use_config "shared_fs = \"$1\""
  busybox_bundle "$BUNDLE"
  [ "$1" != none ] || embedded_rootfs
  config_map settings old
  local path
  path=$(pod_volume configmap settings)
  add_volume "$path" /etc/settings ro
  add_volume "$path/..data/key" /etc/part ro
  mkdir "$BUNDLE/probe"
  cp "$KATA_BUILD_DIR/tests/guest_probe" "$BUNDLE/probe/"
  add_volume "$BUNDLE/probe" /probe ro
  kata run --detach --bundle "$BUNDLE" "$ID"
  expect "$(kata exec "$ID" cat /etc/settings/key)" old
  expect "$(kata exec "$ID" cat /etc/part)" old
  kata exec "$ID" /probe/guest_probe /etc/settings swapped >"$BATS_TEST_TMPDIR/told" 2>&1 &
  local watcher=$!
  eventually grep -q watching "$BATS_TEST_TMPDIR/told"
  config_map settings new
  seen() { [ "$(kata exec "$ID" cat /etc/settings/key)" = new ]; }
  eventually seen
  wait "$watcher"
  expect "$(tail -n 1 "$BATS_TEST_TMPDIR/told")" "ok swapped" "inotify"
  config_map settings newest
  seen() { [ "$(kata exec "$ID" cat /etc/settings/key)" = newest ]; }
  eventually seen
  expect "$(kata exec "$ID" cat /etc/part)" old "a subPath is what it was, as without a VM"
  kata delete --force "$ID"
}

# read_by PID: bytes that a process has read since its start.
read_by() { awk '/^rchar:/ { print $2 }' "/proc/$1/io"; }

# content_is_kept: virtio-fs reads a file again when the host changed it, and only then.
content_is_kept() {
  use_config 'shared_fs = "virtio-fs"'
  busybox_bundle "$BUNDLE"
  mkdir "$BUNDLE/v"
  head -c 4194304 /dev/urandom >"$BUNDLE/v/big"
  echo one >"$BUNDLE/v/small"
  add_volume "$BUNDLE/v" /v
  kata run --detach --bundle "$BUNDLE" "$ID"
  local daemon before sum
  daemon=$(pgrep -P "$(shim_pid "$ID")" virtiofsd)
  sum=$(kata exec "$ID" sha256sum /v/big)
  expect "$(kata exec "$ID" cat /v/small)" one
  before=$(read_by "$daemon")
  expect "$(kata exec "$ID" sha256sum /v/big)" "$sum"
  [ $(($(read_by "$daemon") - before)) -lt 2097152 ] || { echo "it was read again" >&2; return 1; }
  echo two >"$BUNDLE/v/small" # as long as before
  head -c 4194304 /dev/urandom >"$BUNDLE/v/big"
  seen() { [ "$(kata exec "$ID" cat /v/small)" = two ]; }
  eventually seen
  sum=$(sha256sum <"$BUNDLE/v/big")
  seen() { [ "$(kata exec "$ID" sh -c 'sha256sum </v/big')" = "$sum" ]; }
  eventually seen
  kata delete --force "$ID"
}

# submount_appears SHARED_FS
submount_appears() {
  use_config "shared_fs = \"$1\""
  busybox_bundle "$BUNDLE"
  mkdir -p "$BUNDLE/top/below"
  # Only a shared mount hands on what is mounted below it.
  mount --bind "$BUNDLE/top" "$BUNDLE/top"
  MOUNTED+=("$BUNDLE/top")
  mount --make-shared "$BUNDLE/top"
  add_volume "$BUNDLE/top" /top
  kata run --detach --bundle "$BUNDLE" "$ID"
  kata exec "$ID" ls /top/below
  mount_tmpfs "$BUNDLE/top/below" size=1m
  echo there >"$BUNDLE/top/below/file"
  seen() { [ "$(kata exec "$ID" cat /top/below/file)" = there ]; }
  eventually seen
  kata delete --force "$ID"
}

# host_programs_bundle: $BUNDLE with a root file system that has the host's /usr.
host_programs_bundle() {
  busybox_bundle "$BUNDLE"
  rm -rf "${BUNDLE:?}/rootfs"
  mkdir -p "$BUNDLE/rootfs"/{usr,etc,dev,proc,sys,tmp,work}
  local name
  for name in bin sbin lib lib64; do ln -s "usr/$name" "$BUNDLE/rootfs/$name"; done
  add_volume /usr /usr ro
}

# obeys_lists SHARED_FS: the guest's kernel obeys access control lists over it. Debian's does not over virtio-fs.
obeys_lists() { [ "$1" = virtio-9p ] || [[ $(readlink "$KATA_SHARE/vmlinux.container") == *own* ]]; }

# access_control SHARED_FS: a list of the host's that forbids user 77 what all others may, and one that this user sets.
access_control() {
  use_config "shared_fs = \"$1\""
  host_programs_bundle
  mkdir -m 777 "$BUNDLE/v"
  echo text >"$BUNDLE/v/host"
  touch "$BUNDLE/v/guest"
  chown 77:77 "$BUNDLE/v/guest"
  python3 "$BATS_TEST_DIRNAME/lib/set_acl.py" "$BUNDLE/v/host" || skip "the host has no ACLs here"
  add_volume "$BUNDLE/v" /v
  cp "$BATS_TEST_DIRNAME/lib/set_acl.py" "$BUNDLE/rootfs/"
  edit_config "$BUNDLE" '.process.user = {"uid": 77, "gid": 77}'
  in_container 'echo read=$(cat /v/host 2>&1); echo set=$(/usr/bin/python3 /set_acl.py /v/guest 2>&1 | tail -n 1)
    umask 027; touch /v/new; mkdir /v/directory; echo modes=$(stat -c %a /v/new /v/directory)'
  expect "$(says modes)" "640 750"
  local kept=0
  python3 -c 'import os, sys; os.getxattr(sys.argv[1], "system.posix_acl_access")' "$BUNDLE/v/guest" 2>/dev/null || kept=$?
  if obeys_lists "$1"; then
    holds "$(says read)" 'Permission denied'
    expect "$(says set) $kept" " 0"
  else
    expect "$(says read)" text
    holds "$(says set)" 'Operation not supported'
    expect "$kept" 1
  fi
}

# posix SHARED_FS: the lines of posix.py, on a volume.
posix() {
  use_config "shared_fs = \"$1\"\ndefault_memory = 1024"
  host_programs_bundle
  mkdir "$BUNDLE/work"
  cp "$BATS_TEST_DIRNAME/lib/posix.py" "$BUNDLE/rootfs/"
  add_volume "$BUNDLE/work" /work
  edit_config "$BUNDLE" '.process.args = ["/usr/bin/python3", "/posix.py", "/work"]'
  run -0 --separate-stderr kata run --bundle "$BUNDLE" "$ID"
  echo "$output"
}

# all_but ALLOWED: every check of posix() is ok, but for those that match.
all_but() {
  local wrong
  wrong=$(grep -v '=ok$' <<<"$output" | grep -vE -- "^($1)=" || true)
  [ -z "$wrong" ] || { printf 'not ok:\n%s\n' "$wrong" >&2; return 1; }
  [ "$(grep -c '=' <<<"$output")" -ge 14 ]
}
