# shellcheck shell=bash
# Measure sizes and speed, as ratios within one run (./dev bench [RUNS], default 5; raw data in build/bench/)

runs=${1:-5}
bench=$KATA_BUILD_DIR/bench
share=$KATA_BUILD_DIR/share/kata-containers
dev build
dev image
[ "$(id -u)" -eq 0 ] || { as_root env KATA_BUILD_DIR="$KATA_BUILD_DIR" KATA_CACHE_DIR="$KATA_CACHE_DIR" "$KATA_SOURCE/dev" bench "$@"; return; }
mkdir -p "$bench"
root=/tmp/kata-bench-$$
id=bench-$$
kata=("$KATA_BUILD_DIR/bin/kata-runtime" --root "$root")
bundle=$root.bundle
over=0

cleanup() {
  timeout 60 "${kata[@]}" delete --force "$id" >/dev/null 2>&1 || true
  runc --root "$root.runc" delete --force "$id" >/dev/null 2>&1 || true
  rm -rf "$root" "$root.runc" "$bundle"
}
trap cleanup EXIT

# limit NAME VALUE LIMIT UNIT: a line of the report; over the limit is a failure.
limit() {
  local verdict=ok
  awk "BEGIN { exit !($2 > $3) }" && { verdict="OVER THE LIMIT"; over=1; }
  printf '%-44s %10s  (at most %s %s)  %s\n' "$1" "$2" "$3" "$4" "$verdict"
}

kib() { echo $(($(stat -Lc %s "$1") / 1024)); }

# A kernel's own floor: an init that powers the machine off at once.
floor_initrd() {
  local work=$bench/floor
  rm -rf "$work"
  mkdir -p "$work/dev"
  cat >"$bench/init.c" <<'END'
#include <sys/reboot.h>
int main(void) { return reboot(RB_POWER_OFF); }
END
  gcc -static -Os -s -o "$work/init" "$bench/init.c"
  (cd "$work" && find . -mindepth 1 | LC_ALL=C sort | cpio --quiet -o -H newc) >"$bench/floor.img"
}


process_of_qemu() { pgrep -f -- "qemu-system.*$id" | head -n 1; }

# plain_arguments: keeps machine, processor, memory, firmware, kernel, its command line; drops devices and channels.
plain_arguments() {
  local keep='-machine -M -accel -cpu -smp -m -bios -kernel -append -global -L' drop='-chardev -device -qmp -mon -object -fsdev -netdev -drive -serial -monitor -name -uuid -pidfile -D -d -initrd -sandbox -display -vga -msg'
  local line word=
  while read -r line; do
    case $line in
      -*) word=$line ;;
      *) [[ " $keep " == *" $word "* ]] && printf '%s\n%s\n' "$word" "$line"; continue ;;
    esac
    [[ " $keep $drop " == *" $line "* ]] || echo "$line"
  done < <(tail -n +2 "$bench/qemu-arguments" | grep -vxE -e '-(daemonize|S)')
  printf '%s\n' -initrd "$bench/floor.img" -display none -serial none -monitor none
}

# A machine's memory backend object is named by -machine, so it stays when it is there.
write_plain() {
  mapfile -t plain < <(plain_arguments)
  mapfile -t -O ${#plain[@]} plain < <(grep -A1 -x -e -object "$bench/qemu-arguments" | grep -B1 '^memory-backend' || true)
  printf '%q ' "$(head -n 1 "$bench/qemu-arguments")" "${plain[@]}" >"$bench/plain.sh"
}

median() { jq -r ".results[$1].median" "$2"; }
ratio() { awk "BEGIN { printf \"%.2f\", $1 / $2 }"; }

echo "kata-cpp bench, $(date -u +%FT%TZ), $(nproc) processors, $(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2-)"
cp "$KATA_BUILD_DIR/bin/kata-agent" "$bench/agent" && strip "$bench/agent"
limit "agent binary, stripped" "$(kib "$bench/agent")" 4096 KiB
limit "initrd" "$(kib "$share/kata-containers-initrd.img")" 12288 KiB
limit "kernel" "$(kib "$share/vmlinux.container")" 99999 KiB

mkdir -p "$bundle"
cp -a "$share/busybox-rootfs" "$bundle/rootfs"
cp "$KATA_SOURCE/tests/integration/lib/config.json" "$bundle/config.json"
"${kata[@]}" run --detach --bundle "$bundle" "$id" </dev/null >/dev/null 2>&1
sleep 2
shim=$(pgrep -f -- "containerd-shim-kata-v2.*$id" | head -n 1)
standin=$("${kata[@]}" state "$id" | jq -r .pid)
limit "idle shim, resident" "$(awk '/VmRSS/ { print $2 }' "/proc/$shim/status")" 8192 KiB
limit "stand-in, resident" "$(awk '/VmRSS/ { print $2 }' "/proc/$standin/status")" 1024 KiB
limit "QEMU, resident (memory of the guest included)" "$(awk '/VmRSS/ { print $2 }' "/proc/$(process_of_qemu)/status")" 999999 KiB

say "exec in a running container, against runc"
runc_exec=()
if runc --root "$root.runc" run --detach --bundle "$bundle" "$id" </dev/null >/dev/null 2>"$bench/runc.err"; then
  runc_exec=("runc --root $root.runc exec $id true")
else
  echo "runc cannot run here: $(tail -n 1 "$bench/runc.err")"
fi
hyperfine --warmup 2 --runs "$((runs * 3))" -N --export-json "$bench/exec.json" "${kata[*]} exec $id true" "${runc_exec[@]}" >"$bench/exec.txt" 2>&1 ||
  { tail -n 20 "$bench/exec.txt" >&2; die "the exec benchmark failed"; }
printf '%-44s %10s  s\n' "kata-runtime exec -- true" "$(median 0 "$bench/exec.json")"
[ ${#runc_exec[@]} -eq 0 ] || {
  printf '%-44s %10s  s\n' "runc exec true" "$(median 1 "$bench/exec.json")"
  echo "exec against runc: $(ratio "$(median 0 "$bench/exec.json")" "$(median 1 "$bench/exec.json")") times"
}
"${kata[@]}" delete --force "$id"

say "a whole machine, against plain QEMU with the same kernel"
floor_initrd
"${kata[@]}" "do" -- sleep 3 &
pid=$!
for ((i = 0; i < 100; i++)); do
  machine=$(pgrep -P "$(pgrep -n -f -- "containerd-shim-kata-v2.*$root" || echo 1)" qemu || true)
  [ -z "$machine" ] || break
  sleep 0.1
done
tr '\0' '\n' <"/proc/$machine/cmdline" >"$bench/qemu-arguments"
wait "$pid"
write_plain
hyperfine --warmup 1 --runs "$runs" --export-json "$bench/boot.json" "sh $bench/plain.sh" "${kata[*]} do -- true" >"$bench/boot.txt" 2>&1 ||
  { tail -n 20 "$bench/boot.txt" >&2; die "the boot benchmark failed"; }
floor=$(median 0 "$bench/boot.json")
ours=$(median 1 "$bench/boot.json")
printf '%-44s %10s  s\n' "plain QEMU, init powers off" "$floor" "kata-runtime do -- true" "$ours"
limit "do against plain QEMU, times" "$(ratio "$ours" "$floor")" 1.25 ""
echo "where the time of one run goes:"
"${kata[@]}" "do" --timing -- true 2>&1 | tee "$bench/timing.txt" | sed 's/^/  /'
echo "raw data: $bench"
[ "$over" -eq 0 ] || exit 1
