#!/usr/bin/env bash
# kernel-build.sh SOURCE OBJECTS ARCH TARGET FRAGMENT...: build the guest's own kernel. The directory TARGET appears
# when all of it is there: vmlinux (stripped; on x86_64 an ELF that starts by its PVH note), bzImage (arm64: Image), config,
# release, modules.builtin. OBJECTS is kept: an interrupted build goes on where it was.
set -euo pipefail

fail() { echo "guest/kernel-build.sh: $*" >&2; exit 1; }
[ $# -ge 5 ] || fail "usage: kernel-build.sh SOURCE OBJECTS ARCH TARGET FRAGMENT..."
source=$1 objects=$2 arch=$3 target=$4
shift 4
here=$(dirname "$(readlink -f "$0")")
case $arch in
  x86_64) image=arch/x86/boot/bzImage ;;
  arm64) image=arch/arm64/boot/Image ;;
  *) fail "there is no configuration for \"$arch\": x86_64 and arm64" ;;
esac

# built: how many files make has compiled or linked in this run.
built() { grep -cE '^  (CC|AS|AR|LD|HOSTCC) ' "$log" || true; }

# follow PID: a line every fifteen seconds, for as long as make runs. The last complete build tells how far it goes.
follow() {
  local start=$SECONDS last=0 whole steps
  whole=$(cat "$objects/steps" 2>/dev/null || echo 0)
  while kill -0 "$1" 2>/dev/null; do
    sleep 0.5
    [ $((SECONDS - start - last)) -ge 15 ] || continue
    last=$((SECONDS - start))
    steps=$(built)
    [ "$steps" -lt "$whole" ] && steps+=" of at most $whole"
    printf 'kernel %s: %s steps in %d min %02d s, now %s\n' "$arch" "$steps" $((last / 60)) $((last % 60)) \
      "$(sed -nE 's/^  (CC|AS|AR|LD) +([^ ]*)\/[^/]*$/\2/p' "$log" | tail -n 1)" >&2
  done
}

# Background jobs of a script do not hear ^C.
stop() {
  [ -z "${maker:-}" ] || ! kill -0 "$maker" 2>/dev/null || { kill "$maker"; wait "$maker" 2>/dev/null || true; }
  [ -z "${work:-}" ] || rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

"$here/kernel-config.sh" "$source" "$objects" "$arch" "$@"
log=$objects/build.log
"$here/kernel-make.sh" "$source" "$objects" "$arch" -j"${KATA_JOBS:-$(nproc)}" vmlinux "${image##*/}" >"$log" 2>&1 &
maker=$!
follow "$maker"
wait "$maker" || {
  grep -E -B 2 -A 12 '(error|undefined reference)|\*\*\*' "$log" | head -n 60 >&2
  fail "the kernel does not build; make's whole output is in $log"
}
maker=
# An incremental build has fewer steps; the most is what one from nothing has.
[ "$(built)" -le "$(cat "$objects/steps" 2>/dev/null || echo 0)" ] || built >"$objects/steps"

work=$(mktemp -d "$target.XXXXXX")
chmod 755 "$work"
compiler=$("$here/kernel-make.sh" --compiler "$arch" | sed -n 1p)
"${compiler%gcc}strip" --strip-all -o "$work/vmlinux" "$objects/vmlinux"
[ "$arch" != x86_64 ] || "$here/check-pvh.sh" "$work/vmlinux"
cp "$objects/$image" "$objects/modules.builtin" "$work/"
cp "$objects/.config" "$work/config"
cp "$objects/include/config/kernel.release" "$work/release"
rm -rf "$target"
mv -T "$work" "$target"
work=
