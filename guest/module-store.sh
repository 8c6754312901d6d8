#!/usr/bin/env bash
# module-store.sh KERNEL LIST DIRECTORY: what a running guest may load (docs/kernel.md): DIRECTORY/<release>/ with the
# modules of LIST, what they depend on, and beside them modules.dep and modules.alias of those in the list, and
# modules.options with the list's parameters. KERNEL is what kernel.sh or kernel-build.sh made. What it has built in
# needs no module; with everything built in there is no directory.
set -euo pipefail

fail() { echo "guest/module-store.sh: $*" >&2; exit 1; }
[ $# -eq 3 ] || fail "usage: module-store.sh KERNEL LIST DIRECTORY"
kernel=$1 list=$2 target=$3/$(cat "$1/release")
here=$(dirname "$(readlink -f "$0")")
rm -rf "$target"
[ -d "$kernel/modules" ] || exit 0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# names FILE: the modules that modules.dep or modules.builtin lists.
names() { sed -E 's/:.*//; s/.*\///; s/\.ko.*//; y/-/_/' "$1" | LC_ALL=C sort -u; }
names "$kernel/modules/modules.dep" >"$work/modules"
names "$kernel/modules/modules.builtin" >"$work/builtin"

while read -r pattern parameters; do
  found=0
  while read -r name; do
    # shellcheck disable=SC2254 # a pattern, as it stands
    case $name in $pattern) ;; *) continue ;; esac
    found=1
    echo "$name" >>"$work/list"
    [ -z "$parameters" ] || echo "options $name $parameters" >>"$work/options"
  done <"$work/modules"
  [ "$found" = 1 ] && continue
  while read -r name; do
    # shellcheck disable=SC2254
    case $name in $pattern) found=1; break ;; esac
  done <"$work/builtin"
  [ "$found" = 1 ] || fail "$list names $pattern, which this kernel does not have"
done < <(sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$list")

touch "$work/options" "$work/list"
LC_ALL=C sort -u -o "$work/list" "$work/list"
"$here/modules.sh" "$kernel" "$work/list" "$target"
rm "$target/kata.load"
awk 'NR == FNR { listed[$1] = 1; next } $1 == "alias" && $3 in listed' "$work/list" "$kernel/modules/modules.alias" \
  >"$target/modules.alias"
install -m 644 "$work/options" "$target/modules.options"
chmod 644 "$target"/modules.*
