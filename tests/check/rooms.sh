#!/usr/bin/env bash
# rooms.sh [ROOT]: every folder includes only what its line of floors.txt allows, and links what it may include.
set -euo pipefail
cd "${1:-$(dirname "$(readlink -f "$0")")/../..}"
sources=(--include='*.cc' --include='*.h' --include='*.c')

# "FILE:LINE:HEADER" for each #include "HEADER".
includes() {
  grep -rsnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' lib agent hypervisor runtime shim cli deploy "${sources[@]}" |
    sed -E 's/^([^:]*:[0-9]*):[^"]*"([^"]*)".*/\1:\2/' || true
}

# "FOLDER" for each folder with a source.
folders() { grep -rsl '' lib agent hypervisor runtime shim cli deploy "${sources[@]}" | sed 's|/[^/]*$||' | sort -u; }

# "TARGET FOLDER DEPENDENCY..." for each kata_room() of the CMake files.
rooms() {
  find lib agent hypervisor runtime shim cli deploy -name CMakeLists.txt 2>/dev/null | while read -r file; do
    folder=$(dirname "$file")
    sed 's/#.*//' "$file" | tr '\n' ' ' | grep -oE 'kata_room\([^)]*\)' | sed -E 's/kata_room\(|\)//g' |
      awk -v at="$folder" '{
        directory = $1; first = NF + 1
        for (i = 2; i <= NF; i++) { if ($i == "DIRECTORY") directory = $(i + 1); if ($i == "DEPENDS") first = i + 1 }
        printf "kata_%s %s", $1, directory == "." ? at : at "/" directory
        for (i = first; i <= NF; i++) printf " %s", $i
        print "" }' || true
  done
}

awk '
  function complain(text) { print text; bad = 1 }
  function is_test(file) { return file ~ /_(test|fuzz)\.cc$|_for_test\.h$|\/(test|fake)_[a-z_]*\.(h|cc)$/ }
  function allowed(from, to, file) {
    return from == to || ((from, to) in may) || (is_test(file) && (to == "lib/test" || (from, to) in tests_may))
  }

  # Everything that `target` links, itself included, into linked[].
  function link(target,   parts, count, i) {
    if (target in linked) return
    linked[target] = 1
    count = split(depends[target], parts, " ")
    for (i = 1; i <= count; i++) link(parts[i])
  }

  function check_links(target, folder,   other, reached, parts, count, i) {
    split("", linked)
    link(target)
    for (other in linked) if (other in folder_of) reached[folder_of[other]] = 1
    count = split(line[folder], parts, " ")
    for (i = 1; i <= count; i++)
      if ((parts[i] in has_room) && !(parts[i] in reached))
        complain(folder "/ may include " parts[i] "/, but its kata_room() does not depend on it")
  }

  BEGIN {
    has_room["lib/proto"] = 1
    folder_of["kata_proto"] = "lib/proto"
    depends["kata_ttrpc_services"] = "kata_ttrpc kata_proto"
  }

  part == "floors" {
    sub(/#.*/, ""); if (!NF) next
    if ($1 in line) complain("floors.txt: " $1 " has two lines")
    code = 1
    line[$1] = ""
    for (i = 2; i <= NF; i++) {
      if ($i == "|") { code = 0; continue }
      if (!($i in line)) complain("floors.txt: " $1 " names " $i ", which has no line above it")
      if (code) { may[$1, $i] = 1; line[$1] = line[$1] " " $i } else tests_may[$1, $i] = 1
    }
  }
  part == "folders" && !($1 in line) { complain($1 "/ has no line in tests/check/floors.txt") }
  part == "rooms" {
    folder_of[$1] = $2
    has_room[$2] = 1
    for (i = 3; i <= NF; i++) depends[$1] = depends[$1] " " $i
  }
  part == "includes" {
    split($0, where, ":")
    file = where[1]; header = where[3]
    folder = file; sub(/\/[^\/]*$/, "", folder)
    other = header; sub(/\/?[^\/]*$/, "", other)
    if (!(folder in line)) next
    if (header ~ /^\.\.?\//) { complain(file ":" where[2] ": a relative include"); next }
    if (header ~ /^(lib|agent|hypervisor|runtime|shim|cli|deploy)\// && !allowed(folder, other, file))
      complain(file ":" where[2] ": " folder "/ must not include \"" header "\" (tests/check/floors.txt)")
  }
  END {
    for (target in folder_of) if (folder_of[target] in line) check_links(target, folder_of[target])
    exit bad
  }
' part=floors tests/check/floors.txt part=folders <(folders) part=rooms <(rooms) part=includes <(includes)
