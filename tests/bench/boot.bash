# shellcheck shell=bash
# A whole machine with each kernel, against the same QEMU, kernel and initrd booting to an init that powers off at once.

# floor_initrd NAME: NAME's initrd with one more program, which powers the machine off.
floor_initrd() {
  local work=$BENCH/floor
  rm -rf "$work"
  mkdir -p "$work"
  cat >"$BENCH/floor.c" <<'END'
#include <sys/reboot.h>
int main(void) { return reboot(RB_POWER_OFF); }
END
  gcc -static -Os -s -o "$work/floor" "$BENCH/floor.c"
  # Archives that follow each other are unpacked one after the other, each from a multiple of four bytes.
  cp "$KATA_SHARE/kata-containers-initrd-$1.img" "$BENCH/floor-$1.img"
  truncate -s %4 "$BENCH/floor-$1.img"
  (cd "$work" && echo floor | cpio --quiet -o -H newc) >>"$BENCH/floor-$1.img"
}

# configuration NAME: for kata-runtime, with that kernel; prints its path.
configuration() {
  cat >"$BENCH/$1.toml" <<END
[hypervisor.qemu]
kernel = "$KATA_SHARE/vmlinux-$1.container"
initrd = "$KATA_SHARE/kata-containers-initrd-$1.img"
END
  echo "$BENCH/$1.toml"
}

# plain_arguments FILE NAME: QEMU's arguments, one a line, as they run it for us: the same machine and devices, but nobody at
# the other ends of its channels, and an init that powers off at once.
plain_arguments() {
  local line word=
  while read -r line; do
    case $word in
      -chardev) line=$(sed -E 's/^[^,]*,(.*,)?(id=[^,]*).*/null,\2/' <<<"$line") ;;
      -initrd) line=$BENCH/floor-$2.img ;;
      -append) line+=" rdinit=/floor" ;;
      -mon) word=; continue ;;
    esac
    word=$line
    [ "$line" = -mon ] || echo "$line"
  done < <(tail -n +2 "$1")
}

# plain_script NAME: a script that boots NAME's kernel as `do` does, to the floor's init.
plain_script() {
  local pid machine plain
  KATA_CONF_FILE=$BENCH/$1.toml "${KATA[@]}" "do" -- sleep 5 &
  pid=$!
  for ((i = 0; i < 200; i++)); do
    machine=$(pgrep -P "$(pgrep -n -f -- "containerd-shim-kata-v2.*$RUN" || echo 1)" qemu || true)
    [ -z "$machine" ] || break
    sleep 0.1
  done
  tr '\0' '\n' <"/proc/$machine/cmdline" >"$BENCH/qemu-$1"
  wait "$pid"
  mapfile -t plain < <(plain_arguments "$BENCH/qemu-$1" "$1")
  { echo '#!/bin/sh'; printf 'exec '; printf '%q ' "$(head -n 1 "$BENCH/qemu-$1")" "${plain[@]}"; } >"$BENCH/plain-$1.sh"
  chmod +x "$BENCH/plain-$1.sh"
}

# template_configuration NAME: the same with a template, which is made.
template_configuration() {
  {
    cat "$BENCH/$1.toml"
    printf '[factory]\nenable_template = true\ntemplate_path = "%s/templates"\n' "$BENCH"
  } >"$BENCH/$1-template.toml"
  KATA_CONF_FILE=$BENCH/$1-template.toml "${KATA[@]}" factory init >/dev/null
}

bench_boot() {
  local kernel floor ours clone
  for kernel in "${KERNELS[@]}"; do
    configuration "$kernel" >/dev/null
    floor_initrd "$kernel"
    plain_script "$kernel"
    template_configuration "$kernel"
    hyper "boot-$kernel" "$RUNS" 1 "$BENCH/plain-$kernel.sh" "env KATA_CONF_FILE=$BENCH/$kernel.toml ${KATA[*]} do -- true" \
      "env KATA_CONF_FILE=$BENCH/$kernel-template.toml ${KATA[*]} do -- true"
    floor=$(hyper_median "boot-$kernel" 0)
    ours=$(hyper_median "boot-$kernel" 1)
    clone=$(hyper_median "boot-$kernel" 2)
    figure "plain-$kernel" "$floor" s "plain QEMU, $kernel kernel, init powers off"
    figure "do-$kernel" "$ours" s "kata-runtime do -- true, $kernel kernel"
    figure "clone-$kernel" "$clone" s "the same from a template"
    figure "boot-against-qemu-$kernel" "$(ratio "$ours" "$floor")" times "do against plain QEMU, $kernel kernel"
    promise "do-against-qemu-$kernel" "$(ratio "$clone" "$floor")" times "do from a template against plain QEMU"
  done
  bench_phases
}

# phases KERNEL: the phases of RUNS runs, one file a run.
phases() {
  local i
  for ((i = 0; i < RUNS; i++)); do
    KATA_CONF_FILE=$BENCH/$1.toml "${KATA[@]}" "do" --timing -- true 2>"$BENCH/timing-$1.$i.txt"
  done
}
# phase KERNEL NAME: its median, in ms.
phase() { grep -hE "^ *$2 +[0-9]" "$BENCH"/timing-"$1".*.txt | awk '{ print $(NF - 1) }' | median; }
# until_ready KERNEL: from the kernel's start to the agent's being ready, median, in ms.
until_ready() { awk '/^ *(kernel|agent) +[0-9]/ { sum[FILENAME] += $(NF - 1) } END { for (f in sum) print sum[f] }' "$BENCH"/timing-"$1".*.txt | median; }

bench_phases() {
  local kernel name
  rm -f "$BENCH"/timing-*.txt
  for kernel in "${KERNELS[@]}"; do phases "$kernel"; done
  for kernel in "${KERNELS[@]}"; do
    echo "where the time of a run goes, $kernel kernel (median of $RUNS, ms):"
    sed -E 's/ +[0-9.]+ ms$//; s/^ *//' "$BENCH/timing-$kernel.0.txt" | while read -r name; do
      figure "phase-$kernel-${name// /-}" "$(phase "$kernel" "$name")" ms "  $name"
    done
  done
  [ ${#KERNELS[@]} -lt 2 ] ||
    promise own-kernel-against-stock "$(ratio "$(until_ready own)" "$(until_ready stock)")" times "kernel start to agent ready, own against stock"
}
