# shellcheck shell=bash
# Sourced by kernel.sh: builds the kernel without each fragment in turn, boots them all by turns, writes
# docs/kernel-costs.md. Hours on a busy machine; goes on where it was interrupted. With KATA_COSTS_OF="NAME..." it builds
# without these only, and measures what is there.

costs=$work/costs
source=$(unpack "$package") || exit 1
table=$KATA_SOURCE/docs/kernel-costs.md
mkdir -p "$costs"

# A fragment that says what ends without it can't be left out, nor can that of the containers; one for an architecture goes
# with the one that it completes.
indispensable() { { fragments | xargs grep -l '^# Cost: without it'; echo 40-containers.config; } | names; }
optional() { fragments | names | sort -u | grep -vxF "$(indispensable)"; }
# names: of the fragments' files that are read.
names() { sed -E "s,.*/,,; s/(\.$arch)?\.config$//"; }

# without NAME...: the fragments but for these.
without() { fragments | grep -vE "/($(IFS='|'; echo "$*"))(\.$arch)?\.config$"; }

# needers NAME...: the fragments that are not met without these.
needers() {
  # shellcheck disable=SC2046
  { "$KATA_SOURCE/guest/kernel-config.sh" "$source" "$costs/objects" "$arch" $(without "$@") || true; } 2>&1 >/dev/null |
    sed -nE "s/^([^ .]*)(\.$arch)?\.config: CONFIG_.*/\1/p" | sort -u
}

# build_without NAME: into $costs/NAME; NAME/left tells what was left out: NAME, what needs it, and what needs that. When
# that is something indispensable, nothing is built.
build_without() {
  local gone=("$1") more vital
  while more=$(needers "${gone[@]}") && [ -n "$more" ]; do
    vital=$(grep -xF "$(indispensable)" <<<"$more" || true)
    if [ -n "$vital" ]; then
      rm -rf "${costs:?}/$1"
      mkdir "$costs/$1"
      paste -sd' ' <<<"$vital" >"$costs/$1/needed-by"
      return
    fi
    mapfile -t -O ${#gone[@]} gone <<<"$more"
  done
  build_variant "$1" "${gone[@]}"
}

# build_variant NAME [LEFT-OUT]...
build_variant() {
  local name=$1 files hash
  shift
  files=$(if [ $# -gt 0 ]; then without "$@"; else fragments; fi)
  # shellcheck disable=SC2086
  hash=$(cat $files "$KATA_SOURCE"/guest/kernel-*.sh | sha256sum | cut -c 1-16)
  [ "$(cat "$costs/$name/hash" 2>/dev/null)" != "$hash" ] || return 0
  say "building the kernel without ${*:-anything left out}"
  # shellcheck disable=SC2086
  "$KATA_SOURCE/guest/kernel-build.sh" "$source" "$costs/objects" "$arch" "$costs/$name" $files >&2 7>&- || exit 1
  echo "$*" >"$costs/$name/left"
  echo "$hash" >"$costs/$name/hash"
}

is_built() { [ -f "$costs/$1/vmlinux" ]; }
measured() { echo full; optional | while read -r name; do ! is_built "$name" || echo "$name"; done; }

kib() { echo $(($(stat -c %s "$1") / 1024)); }

# row NAME: from the boots' table.
row() {
  local clock wall left more
  if [ -f "$costs/$1/needed-by" ]; then
    echo "| \`$1\`, which $(cat "$costs/$1/needed-by") needs | | | | |"
    return
  fi
  is_built "$1" || { echo "| \`$1\` | not measured | | | |"; return; }
  read -r clock wall _ < <(grep "/$1/vmlinux\$" "$costs/times")
  left=$(cat "$costs/$1/left")
  more=${left#"$1"}
  printf '| `%s`%s | %d | %d | %d | %d |\n' "$1" "${more:+ with${more}, which need it}" \
    $(($(kib "$costs/full/vmlinux") - $(kib "$costs/$1/vmlinux"))) $(($(kib "$costs/full/bzImage") - $(kib "$costs/$1/bzImage"))) \
    $((full_clock - clock)) $((full_wall - wall))
}

write_table() {
  local name
  read -r full_clock full_wall _ < <(grep "/full/vmlinux\$" "$costs/times")
  echo "# What each fragment of the guest's kernel costs"
  echo
  echo "Written by \`./dev kernel --costs $runs\` on $(date -u +%F), $(nproc) processors, $(qemu-system-x86_64 --version | sed -n '1s/ (.*//p'), without hardware"
  echo "virtualisation. The kernel is built without the fragment (and without those that need it); the numbers are what is saved."
  echo "Boots: $runs of each, by turns, medians; \`guest/boot-time.sh\` does them. Differences of less than about 15 ms are noise."
  echo "Sections of vmlinux begin at multiples of 2 MiB, so bzImage tells more of the size. Negative: the kernel is larger or slower without it."
  echo
  echo "All of it: vmlinux $(kib "$costs/full/vmlinux") KiB, bzImage $(kib "$costs/full/bzImage") KiB; $full_clock ms by the kernel's clock at /init, $full_wall ms since QEMU's start."
  echo
  echo "| fragment | vmlinux, KiB | bzImage, KiB | kernel's clock at /init, ms | since QEMU's start, ms |"
  echo "|---|---|---|---|---|"
  for name in $(optional); do row "$name"; done
}

[ "$arch" = x86_64 ] || die "the costs are measured for x86_64 only"
build_variant full
for name in ${KATA_COSTS_OF-$(optional)}; do build_without "$name"; done
say "booting $(measured | wc -w) kernels, $runs times each"
mapfile -t kernels < <(measured | sed "s,.*,$costs/&/vmlinux,")
"$KATA_SOURCE/guest/boot-time.sh" "$runs" "" "${kernels[@]}" >"$costs/times"
write_table >"$table.new"
mv "$table.new" "$table"
cat "$table"
