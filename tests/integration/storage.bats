#!/usr/bin/env bats
# Files of the host in the guest: each way of sharing, each kind of volume, disks.

setup() {
  load lib/kata
  load lib/bundle
  load lib/storage
  common_setup
  storage_setup
}
teardown() {
  storage_teardown
  common_teardown
}

@test "auto takes virtio-fs where its daemon is, else 9p, and says so" {
  busybox_bundle "$BUNDLE"
  kata run --detach --bundle "$BUNDLE" "$ID"
  if [ -x "$(virtiofsd_program)" ]; then
    expect "$(state_of sharedFs)" virtio-fs
  else
    expect "$(state_of sharedFs)" virtio-9p
  fi
  kata delete --force "$ID"
}

@test "virtio-9p: files, links, modes, owners, unlinked files, renames, appends" { posix_basics virtio-9p; }
@test "virtio-fs: files, links, modes, owners, unlinked files, renames, appends" { posix_basics virtio-fs; }

@test "virtio-9p: what applications expect of a file system" {
  posix virtio-9p
  # Of QEMU 7.2 and Linux 6.1: docs/limitations.md.
  all_but 'unlinked_ftruncate|unlinked_fchmod|unlinked_mmap|unix_socket|fifo|tmpfile'
}

@test "virtio-fs: what applications expect of a file system" {
  posix virtio-fs
  all_but 'tmpfile'
}

@test "virtio-9p: a ConfigMap's swap of ..data is seen, and a subPath of it stays" { config_map_updates virtio-9p; }
@test "virtio-fs: a ConfigMap's swap of ..data is seen, and a subPath of it stays" { config_map_updates virtio-fs; }
@test "none: a ConfigMap is copied, its swap of ..data is seen, and a subPath of it stays" { config_map_updates none; }

@test "virtio-9p: a mount that appears below a volume on the host is seen" { submount_appears virtio-9p; }
@test "virtio-fs: a mount that appears below a volume on the host is seen" { submount_appears virtio-fs; }

@test "virtio-9p: ro is of the mount itself, rro of what is mounted below too, and bind leaves that out" { mounts_below virtio-9p; }
@test "virtio-fs: ro is of the mount itself, rro of what is mounted below too, and bind leaves that out" { mounts_below virtio-fs; }

@test "virtio-fs: what the host changes is seen, what it leaves alone is not read again" { content_is_kept; }

@test "none: a root file system of the host is refused with a way out" {
  use_config 'shared_fs = "none"'
  busybox_bundle "$BUNDLE"
  run kata create --bundle "$BUNDLE" "$ID"
  [ "$status" -ne 0 ]
  holds "$output" 'shared_fs = "none".*auto'
}

@test "none: what is too much to copy is refused and nothing is left" {
  use_config 'shared_fs = "none"'
  busybox_bundle "$BUNDLE"
  embedded_rootfs
  mkdir "$BUNDLE/big"
  head -c $((65 << 20)) /dev/zero >"$BUNDLE/big/file"
  add_volume "$BUNDLE/big" /big
  run kata create --bundle "$BUNDLE" "$ID"
  [ "$status" -ne 0 ]
  holds "$output" 'big/file.*shared_fs'
}

@test "an emptyDir in memory is the guest's tmpfs with its size; one on disk is the host's directory" {
  busybox_bundle "$BUNDLE"
  local memory disk
  memory=$(pod_volume empty-dir memory)
  disk=$(pod_volume empty-dir disk)
  mount_tmpfs "$memory" size=3m,mode=2770,gid=77
  add_volume "$memory" /memory
  add_volume "$disk" /disk
  in_container 'echo size=$(df -k /memory | awk "NR == 2 { print \$2 }"); echo type=$(awk "\$2 == \"/memory\" { print \$3 }" /proc/mounts)
    echo owner=$(stat -c "%a %g" /memory); echo x >/memory/file && echo written; echo y >/disk/file'
  expect "$(says size)" 3072
  expect "$(says type)" tmpfs
  expect "$(says owner)" "2770 77"
  [ -z "$(ls "$memory")" ]
  expect "$(cat "$disk/file")" y
}

@test "an emptyDir of huge pages is the guest's, as large as the container's limit" {
  busybox_bundle "$BUNDLE"
  local pages
  pages=$(pod_volume empty-dir pages)
  mount -t hugetlbfs -o pagesize=2M none "$pages" || skip "this host has no hugetlbfs"
  MOUNTED+=("$pages")
  add_volume "$pages" /pages
  run kata create --bundle "$BUNDLE" "$ID"
  [ "$status" -ne 0 ]
  holds "$output" 'huge pages.*hugepages-'
  edit_config "$BUNDLE" '.linux.resources.hugepageLimits = [{"pageSize": "2MB", "limit": 4194304}]'
  in_container 'echo type=$(awk "\$2 == \"/pages\" { print \$3 }" /proc/mounts); echo size=$(df -k /pages | awk "NR == 2 { print \$2 }")
    echo pages=$(awk "/HugePages_Total/ { print \$2 }" /proc/meminfo)'
  expect "$(says type)" hugetlbfs
  expect "$(says size)" 4096
  expect "$(says pages)" 2
}

@test "/dev/shm has the size that the engine gave it" {
  busybox_bundle "$BUNDLE"
  mkdir "$BUNDLE/shm"
  mount_tmpfs "$BUNDLE/shm" size=5m,mode=1777
  edit_config "$BUNDLE" '.mounts |= map(select(.destination != "/dev/shm"))'
  add_volume "$BUNDLE/shm" /dev/shm
  in_container 'echo size=$(df -k /dev/shm | awk "NR == 2 { print \$2 }"); echo mode=$(stat -c %a /dev/shm); echo x >/dev/shm/file && echo ok=yes'
  expect "$(says size)" 5120
  expect "$(says mode)" 1777
  expect "$(says ok)" yes
  [ -z "$(ls "$BUNDLE/shm")" ]
}

@test "a mount inside /proc is refused in clear words" {
  busybox_bundle "$BUNDLE"
  echo x >"$BUNDLE/file"
  add_volume "$BUNDLE/file" /proc/sys/kernel/hostname
  run kata create --bundle "$BUNDLE" "$ID"
  [ "$status" -ne 0 ]
  holds "$output" 'inside /proc'
}

@test "hostPath of /dev gives the guest's devices" {
  busybox_bundle "$BUNDLE"
  add_volume /dev /host-dev
  add_volume /dev/null /dev/nothing
  in_container 'echo null=$(stat -c "%t %T" /host-dev/null); echo nothing=$(stat -c "%t %T" /dev/nothing); ls /host-dev | grep -c ^loop | sed s/^/loops=/'
  expect "$(says null)" "1 3"
  expect "$(says nothing)" "1 3"
}

@test "a privileged container starts; what cannot be passed on is named in one warning" {
  busybox_bundle "$BUNDLE"
  # What engines do for --privileged: every node of the host, and the right to use all.
  local nodes
  nodes=$(find /dev -xdev \( -type b -o -type c \) -printf '%y %p\n' | while read -r type path; do
    stat -c "$type $path 0x%t 0x%T" "$path"
  done | while read -r type path major minor; do echo "$type $path $((major)) $((minor))"; done |
    jq -Rn '[inputs | split(" ") | {type: .[0], path: .[1], major: (.[2] | tonumber), minor: (.[3] | tonumber)}]')
  edit_config "$BUNDLE" '.linux.devices = $nodes + [range(300) | {type: "b", path: "/dev/nvme\(.)", major: 259, minor: .},
      {type: "c", path: "/dev/hidraw\(.)", major: 240, minor: .}]
    | .linux.resources.devices = [{"allow": true, "access": "rwm"}]' --argjson nodes "$nodes"
  edit_config "$BUNDLE" '.process.args = ["sh", "-c", "echo started; ls /dev | grep -c nvme"]'
  run --separate-stderr kata --log "$BATS_TEST_TMPDIR/log" run --bundle "$BUNDLE" "$ID"
  expect "${lines[0]}" started
  expect "${lines[1]}" 0
  expect "$(grep -c 'left out' "$BATS_TEST_TMPDIR/log")" 1 "warnings"
  holds "$(grep 'left out' "$BATS_TEST_TMPDIR/log")" '/dev/nvme0 |more'
}

@test "virtio-blk: a block device of the host, read and written, and unplugged" { block_device virtio-blk; }
@test "virtio-scsi: a block device of the host, read and written, and unplugged" { block_device virtio-scsi; }

@test "a block device that may only be read is read-only in the guest" {
  busybox_bundle "$BUNDLE"
  loop_device
  add_block_device /dev/data r
  in_container 'echo read=$(head -c 5 /dev/data); echo ro=$(cat /sys/class/block/$(basename $(readlink /sys/dev/block/$(stat -c "%t:%T" /dev/data | { IFS=: read a b; echo $((0x$a)):$((0x$b)); })))/ro)
    echo x 2>/dev/null >/dev/data || echo refused=yes'
  expect "$(says read)" hello
  expect "$(says ro)" 1
}

@test "limits on a disk hold in the guest, under the number that it has there" {
  busybox_bundle "$BUNDLE" sleep 1000
  loop_device
  add_block_device /dev/data rwm
  numbers=$(jq -c '.linux.devices[-1] | {major, minor}' "$BUNDLE/config.json")
  edit_config "$BUNDLE" '.linux.resources.blockIO = {"throttleReadBpsDevice": [$d + {"rate": 1048576}]}' --argjson d "$numbers"
  kata run --detach --bundle "$BUNDLE" "$ID"
  limits() { kata exec "$ID" sh -c 'n=$(stat -c "%t:%T" /dev/data); cat /sys/fs/cgroup/io.max | sed "s/^$((0x${n%:*})):$((0x${n#*:})) /disk /"'; }
  expect "$(limits)" "disk rbps=1048576 wbps=max riops=max wiops=max"
  jq -n '{blockIO: {throttleWriteIOPSDevice: [$d + {"rate": 50}]}}' --argjson d "$numbers" >"$BATS_TEST_TMPDIR/update"
  kata update --resources "$BATS_TEST_TMPDIR/update" "$ID"
  expect "$(limits)" "disk rbps=1048576 wbps=max riops=max wiops=50"
  kata delete --force "$ID"
}

@test "a file system on a block device is a disk that the guest mounts; what would be the guest's own files is refused" {
  command -v mkfs.ext4 >/dev/null || skip "no mkfs.ext4 here"
  busybox_bundle "$BUNDLE"
  loop_device
  mkfs.ext4 -q -F "$LOOP"
  edit_config "$BUNDLE" '.mounts += [{"destination": "/data", "type": "ext4", "source": $from, "options": ["noatime"]}]' --arg from "$LOOP"
  in_container 'echo new >/data/new; echo type=$(awk "\$2 == \"/data\" { print \$3 }" /proc/mounts)'
  expect "$(says type)" ext4
  # A mount replays what of it is still in the journal.
  mkdir "$BATS_TEST_TMPDIR/mounted"
  mount "$LOOP" "$BATS_TEST_TMPDIR/mounted"
  expect "$(cat "$BATS_TEST_TMPDIR/mounted/new"; umount "$BATS_TEST_TMPDIR/mounted")" new
  write_config "$BUNDLE" true
  edit_config "$BUNDLE" '.mounts += [{"destination": "/data", "type": "overlay", "source": "overlay", "options": ["lowerdir=/etc:/usr"]}]'
  run ! kata run --bundle "$BUNDLE" "$ID"
  holds "$output" 'of the type \\?"overlay'
}

@test "an ext4 image file with the option loop is a disk that the guest mounts; ro holds in the VMM" {
  command -v mkfs.ext4 >/dev/null || skip "no mkfs.ext4 here"
  busybox_bundle "$BUNDLE"
  local name image
  for name in rw ro; do
    mkdir "$BUNDLE/$name"
    echo "hello $name" >"$BUNDLE/$name/file"
    image=$BATS_TEST_TMPDIR/$name.ext4
    truncate -s 8M "$image"
    mkfs.ext4 -q -d "$BUNDLE/$name" "$image"
  done
  local before
  before=$(sha256sum "$BATS_TEST_TMPDIR/ro.ext4")
  edit_config "$BUNDLE" '.mounts += [
      {"type": "ext4", "source": ($images + "/rw.ext4"), "destination": "/rw", "options": ["loop", "noatime"]},
      {"type": "ext4", "source": ($images + "/ro.ext4"), "destination": "/ro", "options": ["loop", "ro"]}]' \
    --arg images "$BATS_TEST_TMPDIR"
  in_container 'echo rw=$(cat /rw/file); echo ro=$(cat /ro/file); echo type=$(awk "\$2 == \"/rw\" { print \$3 }" /proc/mounts)
    echo new >/rw/new; touch /ro/new 2>/dev/null || echo refused=yes
    mount -o remount,rw /ro 2>/dev/null || echo remount=refused'
  expect "$(says rw)" "hello rw"
  expect "$(says ro)" "hello ro"
  expect "$(says type)" ext4
  expect "$(says refused)" yes
  expect "$(says remount)" refused
  expect "$(sha256sum "$BATS_TEST_TMPDIR/ro.ext4")" "$before" "the read-only image"
  holds "$(debugfs -R 'cat /new' "$BATS_TEST_TMPDIR/rw.ext4" 2>/dev/null)" new
  edit_config "$BUNDLE" '.mounts[-1].source = $bundle' --arg bundle "$BUNDLE"
  run kata create --bundle "$BUNDLE" "$ID-none"
  [ "$status" -ne 0 ]
  holds "$output" 'option loop.*image file'
}

@test "none: what a container writes to its termination log is on the host when it has ended" {
  use_config 'shared_fs = "none"'
  busybox_bundle "$BUNDLE"
  embedded_rootfs
  echo before >"$BUNDLE/log"
  add_volume "$BUNDLE/log" /dev/termination-log
  in_container 'cat /dev/termination-log; echo out of ideas >/dev/termination-log'
  expect "$output" before
  expect "$(cat "$BUNDLE/log")" "out of ideas"
}

@test "what was written to a disk, and not synced, is there however the machine ends" {
  command -v mkfs.ext4 >/dev/null || skip "no mkfs.ext4 here"
  local image=$BATS_TEST_TMPDIR/image.ext4 way shim
  truncate -s 8M "$image"
  mkfs.ext4 -q "$image"
  busybox_bundle "$BUNDLE"
  edit_config "$BUNDLE" '.mounts += [{"type": "ext4", "source": $image, "destination": "/data", "options": ["loop"]}]' --arg image "$image"
  for way in killed ended deleted shim; do
    edit_config "$BUNDLE" '.process.args = ["sh", "-c", "echo \($way) >/data/\($way); trap \"exit 0\" TERM; sleep 1000 & wait"]' --arg way "$way"
    kata run --detach --bundle "$BUNDLE" "$ID"
    shim=$(shim_pid "$ID")
    eventually kata exec "$ID" test -s "/data/$way"
    case $way in
      killed) kata kill "$ID" KILL ;;
      ended) kata kill "$ID" TERM ;;
      deleted) kata delete --force "$ID" ;;
      shim) kill "$shim" && eventually is_gone "$shim" ;;
    esac
    [ "$way" = deleted ] || eventually status_is "$ID" stopped
    expect "$(debugfs -R "cat /$way" "$image" 2>/dev/null)" "$way"
    [ "$way" = deleted ] || kata delete --force "$ID"
  done
}

@test "virtiofsd killed: the container ends with its name as the cause, nothing is left" {
  use_config 'shared_fs = "virtio-fs"'
  busybox_bundle "$BUNDLE"
  kata run --bundle "$BUNDLE" "$ID" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" &
  local runtime=$! got=0
  eventually status_is "$ID" running
  kill -9 "$(process_of virtiofsd "$ID")"
  wait "$runtime" || got=$?
  [ "$got" -ne 0 ]
  holds "$(cat "$BATS_TEST_TMPDIR/err")" "virtio-fs' daemon.*KILL"
}

@test "virtiofsd killed of a detached container: stopped with 137, delete works" {
  use_config 'shared_fs = "virtio-fs"'
  busybox_bundle "$BUNDLE"
  kata run --detach --bundle "$BUNDLE" "$ID"
  kill -9 "$(process_of virtiofsd "$ID")"
  eventually status_is "$ID" stopped
  kata delete "$ID"
}

@test "QEMU killed beside virtiofsd: QEMU is the cause, nothing is left" {
  use_config 'shared_fs = "virtio-fs"'
  busybox_bundle "$BUNDLE"
  kata run --bundle "$BUNDLE" "$ID" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" &
  local runtime=$! got=0
  eventually status_is "$ID" running
  kill -9 "$(qemu_pid "$ID")"
  wait "$runtime" || got=$?
  [ "$got" -ne 0 ]
  holds "$(cat "$BATS_TEST_TMPDIR/err")" 'QEMU.*(KILL|9)'
}

@test "the shim killed beside virtiofsd and a disk: delete --force leaves nothing" {
  use_config 'shared_fs = "virtio-fs"'
  busybox_bundle "$BUNDLE"
  loop_device
  add_block_device /dev/data rwm
  kata run --detach --bundle "$BUNDLE" "$ID"
  local daemon
  daemon=$(process_of virtiofsd "$ID")
  kill -9 "$(shim_pid "$ID")"
  eventually is_gone "$daemon"
  eventually status_is "$ID" stopped
  kata delete --force "$ID"
}

@test "a daemon that does not like its arguments is quoted" {
  use_config 'shared_fs = "virtio-fs"\nvirtio_fs_extra_args = ["--no-such-option"]'
  busybox_bundle "$BUNDLE"
  run kata create --bundle "$BUNDLE" "$ID"
  [ "$status" -ne 0 ]
  holds "$output" "virtio-fs' daemon.*(no-such-option|unknown|exited)"
}

@test "virtio-fs: a daemon without a descriptor is an error at the call; no mount goes, and no write lands elsewhere" {
  use_config 'shared_fs = "virtio-fs"'
  volume_of_files 6000
  local daemon
  daemon=$(pgrep -P "$(shim_pid "$ID")" virtiofsd)
  local before
  before=$(prlimit --pid "$daemon" --nofile --output SOFT --noheadings --raw)
  prlimit --pid "$daemon" --nofile=2000:
  # Only what the shell does itself: no program can be found any more. Names are looked up again after a second.
  run kata exec "$ID" sh -c 'find /v -type f >/dev/null 2>&1
    i=0; while [ $i -lt 300000 ]; do i=$((i + 1)); done
    [ -e /v/1 ]; [ -e /dev/null ]; [ -e /proc/self ]; (echo data >/v/after); echo write=$?'
  [ "$(find "/proc/$daemon/fd" | wc -l)" -gt 1950 ]
  ! holds "$output" 'write=0' || [ "$(cat "$BUNDLE/v/after")" = data ]
  prlimit --pid "$daemon" --nofile="$before":
  kata exec "$ID" sh -c 'echo more >/v/more; echo x >/dev/null; ls /v | wc -l; grep -cE " (/v|/dev|/proc) " /proc/mounts' >"$BATS_TEST_TMPDIR/after"
  expect "$(tail -n 1 "$BATS_TEST_TMPDIR/after")" 3 "mounts"
  [ "$(head -n 1 "$BATS_TEST_TMPDIR/after")" -ge 6001 ]
  expect "$(cat "$BUNDLE/v/more")" more
  expect "$(ls -A "$BUNDLE/rootfs/v")" "" "what landed below the volume"
  kata delete --force "$ID"
}

@test "virtio-fs: the guest forgets files before its daemon has no descriptor left" {
  use_config 'shared_fs = "virtio-fs"\nvirtio_fs_extra_args = ["--rlimit-nofile=4000"]'
  volume_of_files 6000
  expect "$(kata exec "$ID" sh -c 'find /v -type f | wc -l')" 6000
  expect "$(kata exec "$ID" sh -c 'echo data >/v/after; grep -c " /v " /proc/mounts')" 1
  expect "$(cat "$BUNDLE/v/after")" data
  kata delete --force "$ID"
}

@test "virtio-9p: access control lists are obeyed, and kept; modes are those that the umask leaves" { access_control virtio-9p; }
@test "virtio-fs: access control lists are obeyed, or refused; modes are those that the umask leaves" { access_control virtio-fs; }
