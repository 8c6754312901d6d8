#!/usr/bin/env bats
# The guest's two kernels: Debian's and our own (./dev kernel). Both start; ours really has what containers need.

setup() {
  load lib/kata
  load lib/bundle
  common_setup
  FRAGMENTS=$BATS_TEST_DIRNAME/../../guest/kernel/fragments
}
teardown() { common_teardown; }

# A kernel's own words about itself.
release_of() { strings -n 8 "$KATA_SHARE/vmlinux-$1.container" | sed -n 's/^Linux version \([^ ]*\) .*/\1/p' | head -n 1; }

# privileged SCRIPT: runs it in a container that may do everything; the probe is /bin/guest_probe.
privileged() {
  [ -d "$BUNDLE" ] || busybox_bundle "$BUNDLE"
  write_config "$BUNDLE" sh -c "$1"
  cp "$KATA_BUILD_DIR/tests/guest_probe" "$BUNDLE/rootfs/bin/"
  make_privileged "$BUNDLE"
  kata run --bundle "$BUNDLE" "$ID" </dev/null
}

# lacks WORDS ALL: those of the words that are not lines of ALL.
lacks() {
  local word
  for word in $1; do grep -qxF "$word" <<<"$2" || echo "$word"; done
}

@test "both kernels start a container that sees memory, processors, its own mounts" {
  local name
  for name in stock own; do
    use_kernel "$name"
    run -0 --separate-stderr kata_do --cpus 2 --memory 300 -- sh -c 'uname -r; nproc; grep -c " / " /proc/mounts; awk "/MemTotal/ { print \$2 }" /proc/meminfo'
    expect "${lines[0]}" "$(release_of "$name")" "the release of $name"
    expect "${lines[1]}" 2 "processors with $name"
    [ "${lines[2]}" -ge 1 ]
    [ "${lines[3]}" -gt 150000 ]
  done
  [[ $(release_of own) == *-kata ]]
}

@test "ours is used as soon as it is there" {
  [ -f "$KATA_SHARE/vmlinux-own.container" ] && [ "${KATA_KERNEL:-auto}" != stock ] || skip "it is not there: ./dev kernel; ./dev image"
  [ "$(readlink "$KATA_SHARE/vmlinux.container")" = vmlinux-own.container ]
  [ "$(readlink "$KATA_SHARE/kata-containers-initrd.img")" = kata-containers-initrd-own.img ]
}

@test "ours has everything that the fragments ask for, and no module loader" {
  use_kernel own
  run -0 --separate-stderr kata_do -- zcat /proc/config.gz
  local config=$output line
  while IFS= read -r line; do
    case $line in
      *=n) ! grep -q "^${line%=n}=" <<<"$config" || { echo "$line, but it is there" >&2; return 1; } ;;
      *) grep -qxF "$line" <<<"$config" || { echo "$line is missing" >&2; return 1; } ;;
    esac
  done < <(find "$FRAGMENTS" -name '*.config' ! -name '*.arm64.config' -exec grep -h '^CONFIG_' {} +)
  # What the project promises (README of the kernel), whatever the fragments say.
  local word
  for word in CGROUPS MEMCG_V1 CPUSETS_V1 USER_NS TIME_NS OVERLAY_FS FUSE_FS VIRTIO_FS 9P_FS EXT4_FS XFS_FS EROFS_FS BTRFS_FS SQUASHFS \
    NF_TABLES IP_NF_IPTABLES IP6_NF_IPTABLES BRIDGE VETH MACVLAN IPVLAN VLAN_8021Q TUN WIREGUARD IP_VS VIRTIO_VSOCKETS VIRTIO_BLK \
    SCSI_VIRTIO VIRTIO_NET VIRTIO_CONSOLE VIRTIO_BALLOON VIRTIO_MEM VIRTIO_PMEM HW_RANDOM_VIRTIO HOTPLUG_PCI_ACPI \
    HOTPLUG_PCI_PCIE HOTPLUG_CPU ACPI_HOTPLUG_CPU MEMORY_HOTPLUG ACPI_HOTPLUG_MEMORY SECCOMP_FILTER BPF_SYSCALL CGROUP_BPF IO_URING \
    USERFAULTFD KVM_INTEL KVM_AMD DM_VERITY DM_CRYPT PTP_1588_CLOCK_KVM SECURITY_SELINUX SECURITY_APPARMOR SECURITY_LANDLOCK PSI; do
    grep -qx "CONFIG_$word=y" <<<"$config" || { echo "CONFIG_$word is missing" >&2; return 1; }
  done
  run ! grep -E '=m$|^CONFIG_MODULES=' <<<"$config"
}

@test "ours mounts: overlay, tmpfs, ext4 on a loop device, 9p; and knows the other file systems" {
  use_kernel own
  busybox_bundle "$BUNDLE"
  mkfs.ext4 -q "$BUNDLE/rootfs/disk.ext4" 8M
  run -0 --separate-stderr privileged '
    set -e
    grep " / " /proc/mounts | tail -n 1
    mkdir -p /dev/w && mount -t tmpfs w /dev/w && cd /dev/w && mkdir lower upper work merged ext dev
    echo below >lower/file
    mount -t overlay o -o lowerdir=lower,upperdir=upper,workdir=work merged
    echo above >>merged/file && cat merged/file && cat lower/file
    mount -t devtmpfs dev dev
    cp /disk.ext4 disk && guest_probe dev loop >/dev/null && losetup dev/loop0 disk
    mount -t ext4 dev/loop0 ext && echo disk >ext/file && cat ext/file && umount ext && losetup -d dev/loop0
    echo --; sed "s/.*\t//" /proc/filesystems'
  holds "${lines[0]}" ' (9p|overlay|virtiofs) '
  expect "$(sed -n 2,5p <<<"$output")" "$(printf 'below\nabove\nbelow\ndisk')"
  expect "$(lacks "9p fuse virtiofs overlay ext4 xfs btrfs erofs squashfs tmpfs devtmpfs cgroup cgroup2 hugetlbfs bpf mqueue" "$output")" "" "file systems"
}

@test "ours has the controllers of cgroup v2, those of v1, and pressure" {
  use_kernel own
  run -0 --separate-stderr privileged '
    mkdir /dev/c && mount -t cgroup2 c /dev/c
    echo "v2 $(cat /dev/c/cgroup.controllers)"; cut -f 1 /proc/cgroups; cat /proc/pressure/cpu'
  local word
  for word in cpuset cpu io memory hugetlb pids; do holds "${lines[0]}" "[ ]$word( |\$)"; done
  expect "$(lacks "cpuset cpu cpuacct blkio memory devices freezer net_cls perf_event net_prio hugetlb pids" "$output")" "" "cgroup v1"
  holds "$output" '^some avg10='
}

@test "ours: AppArmor, Landlock and Yama are on; SELinux instead of AppArmor when the command line says so" {
  local script='mkdir -p /dev/s && mount -t securityfs s /dev/s && cat /dev/s/lsm'
  use_kernel own
  run -0 --separate-stderr privileged "$script"
  holds "$output" '(^|,)landlock,yama,apparmor$'
  kata delete --force "$ID" 2>/dev/null || true
  rm -rf "$BUNDLE"
  use_kernel own 'kernel_params = "lsm=landlock,yama,selinux"'
  run -0 --separate-stderr privileged "$script"
  holds "$output" '(^|,)landlock,yama,selinux$'
}

@test "ours makes network devices of every kind" {
  use_kernel own
  run -0 --separate-stderr privileged '
    for kind in dummy bridge veth wireguard; do ip link add "x$kind" type $kind && echo "ok $kind"; done
    # The first of these takes the interface for itself.
    for kind in macvlan ipvlan macvtap; do
      ip link add "on$kind" type dummy && ip link add link "on$kind" name "x$kind" type $kind && echo "ok $kind"
    done
    ip link add link xdummy name xvlan type vlan id 7 && echo "ok vlan"
    [ -e /proc/net/ip_vs ] && echo "ok ipvs"
    [ -e /proc/sys/net/netfilter/nf_conntrack_max ] && echo "ok conntrack"
    [ -e /proc/sys/net/bridge/bridge-nf-call-iptables ] && echo "ok br_netfilter"
    ls /sys/bus/virtio/drivers'
  expect "$(lacks "dummy bridge veth wireguard macvlan ipvlan macvtap vlan ipvs conntrack br_netfilter" "${output//ok /}")" "" "devices"
  expect "$(lacks "virtio_blk virtio_scsi virtio_net virtio_console virtio_balloon virtio_mem virtio_pmem virtio_rng virtiofs 9pnet_virtio
    vmw_vsock_virtio_transport" "$output")" "" drivers
}

@test "ours does what the probe asks: filters, sandboxes, io_uring, devices, virtual machines" {
  use_kernel own 'cpu_features = "svm=on"'
  run -0 --separate-stderr privileged 'mkdir /dev/d && mount -t devtmpfs d /dev/d && guest_probe /dev/d tun fuse loop device_mapper kvm vhost \
    nftables ipset iptables io_uring userfaultfd seccomp landlock bpf vsock ciphers
    # By which a container could speak to the agent as a machine beside it.
    [ ! -e /dev/d/vhost-vsock ]'
}

@test "ours can take more processors and memory while it runs" {
  use_kernel own
  run -0 --separate-stderr privileged 'cat /sys/devices/system/memory/auto_online_blocks; ls /sys/devices/system/cpu/hotplug/states /sys/bus/pci/slots >/dev/null && echo there'
  expect "$output" "$(printf 'online\nthere')"
}

@test "a guest image is a disk of which the guest's root changes no byte (CVE-2026-24834)" {
  command -v mkfs.ext4 >/dev/null || skip "no mkfs.ext4 here"
  use_kernel own '[agent.kata]
debug_console_enabled = true'
  local image=$BATS_TEST_TMPDIR/image before
  mkdir "$image" && (cd "$image" && cpio --quiet -id <"$KATA_SHARE/kata-containers-initrd-own.img" && mkdir -p sbin dev proc sys run && ln -sf ../init sbin/init)
  truncate -s 32M "$image.ext4" && mkfs.ext4 -q -d "$image" "$image.ext4"
  sed -i "s|^initrd = .*|image = \"$image.ext4\"|" "$KATA_CONF_FILE"
  before=$(sha256sum "$image.ext4")
  busybox_bundle "$BUNDLE"
  kata run --detach --bundle "$BUNDLE" "$ID" >/dev/null 2>&1
  kata exec "$ID" 2>&1 >"$BATS_TEST_TMPDIR/said" <<'GUEST'
mount -o remount,rw / && echo WRITABLE
for disk in /dev/vd* /dev/sd* /dev/pmem*; do [ -b $disk ] && { head -c 1M /dev/zero | dd of=$disk conv=notrunc bs=4k; sync; echo "tried $disk"; blockdev --setrw $disk; head -c 1M /dev/zero | dd of=$disk bs=4k; }; done
sync
exit
GUEST
  holds "$(cat "$BATS_TEST_TMPDIR/said")" 'tried /dev/vda'
  run ! grep WRITABLE "$BATS_TEST_TMPDIR/said"
  kata delete --force "$ID"
  expect "$(sha256sum "$image.ext4")" "$before"
}
