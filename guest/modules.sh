#!/usr/bin/env bash
# modules.sh KERNEL LIST DIRECTORY: put the modules that LIST names, stripped, with all that they depend on, flat into
# DIRECTORY, and beside them kata.load and modules.dep (see README.md). KERNEL is what kernel.sh made.
set -euo pipefail

fail() { echo "guest/modules.sh: $*" >&2; exit 1; }
[ $# -eq 3 ] || fail "usage: modules.sh KERNEL LIST DIRECTORY"
kernel=$1 list=$2 target=$3
guest_directory=/lib/modules
[ -f "$kernel/modules/modules.dep" ] || fail "$kernel holds no modules: make it with kernel.sh"

# module_name PATH: sets `name`; no subshell, for there are thousands.
module_name() {
  name=${1##*/}
  name=${name%%.ko*}
  name=${name//-/_}
}

declare -A path_of dependencies_of installed loaded
while IFS=: read -r path dependencies; do
  module_name "$path"
  path_of[$name]=$path
  dependencies_of[$path]=$dependencies
done < <(sed 's/: */:/' "$kernel/modules/modules.dep")

builtin() { grep -qE "/${1//_/[-_]}\.ko" "$kernel/modules/modules.builtin"; }

install_module() {
  local path=$1 name out
  module_name "$path"
  out=$target/$name.ko
  [ -z "${installed[$name]:-}" ] || return 0
  installed[$name]=1
  case $path in
    *.xz) xz -dc "$kernel/modules/$path" >"$out" ;;
    *.zst) zstd -qdc "$kernel/modules/$path" >"$out" ;;
    *.gz) gzip -dc "$kernel/modules/$path" >"$out" ;;
    *) cp "$kernel/modules/$path" "$out" ;;
  esac
  # Relocations and the symbols that they name stay. The signature goes too: this kernel does not insist on it, and
  # checking it is slow.
  strip --strip-unneeded -R .BTF -R .comment -R .note.gnu.build-id "$out"
  chmod 644 "$out"
}

mkdir -p "$target"
: >"$target/kata.load"
: >"$target/modules.dep"
while read -r word rest; do
  [ "$word" = early ] && name=$rest || name=$word
  path=${path_of[$name]:-}
  if [ -z "$path" ]; then
    builtin "$name" && continue
    fail "$list names $name, which this kernel does not have"
  fi
  line="$name.ko:"
  # modules.dep lists the nearest dependency first, so the order to load in is from its end to its start.
  order=("$name")
  install_module "$path"
  for dependency in ${dependencies_of[$path]}; do
    install_module "$dependency"
    module_name "$dependency"
    line+=" $name.ko"
    order=("$name" "${order[@]}")
  done
  echo "$line" >>"$target/modules.dep"
  [ "$word" = early ] || continue
  for each in "${order[@]}"; do
    [ -z "${loaded[$each]:-}" ] || continue
    loaded[$each]=1
    echo "$guest_directory/$each.ko" >>"$target/kata.load"
  done
done < <(sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$list")
