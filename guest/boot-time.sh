#!/usr/bin/env bash
# boot-time.sh RUNS PARAMETERS KERNEL...: start each vmlinux RUNS times, by turns, on an emulated machine like the runtime's,
# with an /init that tells the time and powers off. A line for each: median milliseconds of the kernel's clock at /init,
# median milliseconds from QEMU's start to /init's word, the kernel. PARAMETERS are added to the kernel's command line.
set -euo pipefail

fail() { echo "guest/boot-time.sh: $*" >&2; exit 1; }
[ $# -ge 3 ] || fail "usage: boot-time.sh RUNS PARAMETERS KERNEL..."
runs=$1 parameters=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

make_initrd() {
  mkdir -p "$work/root/dev"
  cat >"$work/init.c" <<'END'
#include <stdio.h>
#include <sys/reboot.h>
#include <time.h>
#include <unistd.h>
int main(void) {
  struct timespec now;
  clock_gettime(CLOCK_BOOTTIME, &now);
  char text[64];
  int length = snprintf(text, sizeof text, "init at %lld ms\n", (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000);
  if (write(1, text, length) != length) return 1;
  return reboot(RB_POWER_OFF);
}
END
  gcc -static -Os -s -o "$work/root/init" "$work/init.c"
  mknod "$work/root/dev/console" c 5 1 2>/dev/null || true # without it (no root) there is no word from /init
  (cd "$work/root" && find . -mindepth 1 | LC_ALL=C sort | cpio --quiet -o -H newc) >"$work/initrd"
}

# boot KERNEL: "<kernel's milliseconds> <milliseconds since QEMU's start>".
boot() {
  local start line
  start=$(date +%s%N)
  timeout -k 5 120 qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot \
    -machine q35,hpet=off,smm=off,vmport=off,usb=off,sata=off -accel tcg,thread=multi,tb-size=64 \
    -cpu max,-la57,-smap,-smep,-umip,-pku,erms=off,fsrm=off,svm=off -smp 1 -m 256M -bios /usr/share/qemu/qboot.rom -serial stdio \
    -device virtio-serial-pci,disable-legacy=on -device virtio-rng-pci,disable-legacy=on \
    -device virtio-balloon-pci,disable-legacy=on,free-page-reporting=on -kernel "$1" -initrd "$work/initrd" \
    -append "console=ttyS0 quiet panic=-1 reboot=k net.ifnames=0 cryptomgr.notests noreplace-smp tsc=reliable no_timer_check mitigations=off nokaslr no5lvl cgroup_no_v1=all $parameters" \
    </dev/null 2>>"$work/errors" | tee "$work/console" | while IFS= read -r line; do
    [[ $line == "init at "* ]] || continue
    line=${line#init at }
    echo "${line%% ms*} $((($(date +%s%N) - start) / 1000000))"
  done
}

median() { sort -n | awk '{ all[NR] = $1 } END { print NR ? all[int((NR + 1) / 2)] : "-" }'; }

make_initrd
for ((run = 0; run < runs; run++)); do
  number=0
  for kernel in "$@"; do
    boot "$kernel" >>"$work/times.$number" || true
    [ -s "$work/times.$number" ] || { tail -n 20 "$work/errors" "$work/console" >&2; fail "$kernel does not reach /init"; }
    number=$((number + 1))
  done
done
number=0
for kernel in "$@"; do
  echo "$(cut -d ' ' -f 1 "$work/times.$number" | median) $(cut -d ' ' -f 2 "$work/times.$number" | median) $kernel"
  number=$((number + 1))
done
