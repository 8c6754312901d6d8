#!/usr/bin/env bash
# kernel-config.sh SOURCE OBJECTS ARCH FRAGMENT...: write OBJECTS/.config: nothing, and what the fragments ask for. A
# symbol that did not come out as asked (its name is wrong, or something that it needs is missing) is an error.
set -euo pipefail

fail() { echo "guest/kernel-config.sh: $*" >&2; exit 1; }
[ $# -ge 4 ] || fail "usage: kernel-config.sh SOURCE OBJECTS ARCH FRAGMENT..."
source=$1 objects=$2 arch=$3
shift 3
here=$(dirname "$(readlink -f "$0")")
[ -f "$source/Kconfig" ] || fail "$source is no kernel source"

declare -A wanted from
# read_fragment FILE: CONFIG_NAME=VALUE lines into wanted and from; two fragments must not contradict each other.
read_fragment() {
  local line name value number=0
  while IFS= read -r line || [ -n "$line" ]; do
    number=$((number + 1))
    case $line in
      '' | '#'*) continue ;;
      CONFIG_*=?*) ;;
      *) fail "$1:$number: \"$line\" is neither CONFIG_NAME=VALUE nor a comment" ;;
    esac
    name=${line%%=*} value=${line#*=}
    [ "${wanted[$name]:-$value}" = "$value" ] ||
      fail "$1:$number: $name=$value, but ${from[$name]} asks for $name=${wanted[$name]}"
    wanted[$name]=$value
    from[$name]=${from[$name]:-$1}
  done <"$1"
}

# lost: a line for each symbol that the final configuration has otherwise than asked.
lost() {
  local name value
  declare -A is
  while IFS='=' read -r name value; do is[$name]=$value; done < <(grep '^CONFIG_' "$objects/.config")
  for name in "${!wanted[@]}"; do
    [ "${is[$name]:-n}" = "${wanted[$name]}" ] ||
      echo "$(basename "${from[$name]}"): $name=${wanted[$name]} was asked for, and came out as ${is[$name]:-n}$(hint "$name")"
  done | LC_ALL=C sort
}

# hint SYMBOL: a name that the source does not know at all is probably a typing error.
hint() {
  grep -rqE --include='Kconfig*' "^[[:space:]]*(menu)?config ${1#CONFIG_}\$" "$source" || echo " (this source has no such symbol)"
}

for fragment in "$@"; do
  [ -f "$fragment" ] || fail "there is no fragment $fragment"
  read_fragment "$fragment"
done
mkdir -p "$objects"
for name in "${!wanted[@]}"; do echo "$name=${wanted[$name]}"; done | LC_ALL=C sort >"$objects/wanted.config"
# allnoconfig is what tinyconfig starts from too; tinyconfig adds only what makes a kernel small at the cost of speed.
"$here/kernel-make.sh" "$source" "$objects" "$arch" -s KCONFIG_ALLCONFIG="$(readlink -f "$objects/wanted.config")" allnoconfig \
  >"$objects/config.log" 2>&1 ||
  { cat "$objects/config.log" >&2; fail "the kernel's own configuration tool failed"; }

missing=$(lost)
[ -z "$missing" ] || { echo "$missing" >&2; fail "$(wc -l <<<"$missing") symbols are not as the fragments ask: what do they depend on, and what selects them?"; }
