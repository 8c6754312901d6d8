#!/usr/bin/env bats
# tests/check/rooms.sh finds what breaks the floors of a tree. The tree is made for each test; nothing is built.

setup() {
  bats_require_minimum_version 1.5.0
  CHECK=$BATS_TEST_DIRNAME/../check/rooms.sh
  TREE=$BATS_TEST_TMPDIR/tree
  mkdir -p "$TREE"/{lib/base,lib/sys,agent/process,tests/check}
  printf '%s\n' 'lib/base' 'lib/sys  lib/base' 'agent/process  lib/base lib/sys | lib/test' |
    sed '1i lib/test' >"$TREE/tests/check/floors.txt"
  printf '%s\n' 'kata_room(base)' 'kata_room(sys' '  DEPENDS kata_base)' >"$TREE/lib/CMakeLists.txt"
  echo 'kata_room(agent_process DIRECTORY process DEPENDS kata_sys)' >"$TREE/agent/CMakeLists.txt"
  write lib/base/error.h
  write lib/sys/file.cc lib/base/error.h
  write agent/process/reaper.cc lib/sys/file.h lib/base/error.h
}

# write FILE [HEADER]...: a source that includes them.
write() {
  local file=$TREE/$1
  shift
  mkdir -p "$(dirname "$file")"
  { echo '#include <string>'; [ $# -eq 0 ] || printf '#include "%s"\n' "$@"; } >"$file"
}

refused() {
  run -1 "$CHECK" "$TREE"
  [[ $output == *"$1"* ]] || { echo "$output" >&2; return 1; }
  [ "${#lines[@]}" -eq 1 ] || { echo "$output" >&2; return 1; }
}

@test "a tree that keeps to its table passes" {
  run -0 "$CHECK" "$TREE"
  [ -z "$output" ]
}

@test "an include from a higher floor is refused" {
  write lib/base/log.cc lib/sys/file.h
  refused 'lib/base/log.cc:2: lib/base/ must not include "lib/sys/file.h"'
}

@test "an include between two folders of one room is refused unless the table has it" {
  echo agent/rpc >>"$TREE/tests/check/floors.txt"
  write agent/rpc/calls.cc agent/process/reaper.h
  refused 'agent/rpc/calls.cc:2: agent/rpc/ must not include "agent/process/reaper.h"'
}

@test "what only tests may include is refused in the code" {
  write agent/process/reaper_test.cc lib/test/folder.h
  run -0 "$CHECK" "$TREE"
  write agent/process/streams.cc lib/test/folder.h
  refused 'agent/process/streams.cc:2: agent/process/ must not include "lib/test/folder.h"'
}

@test "a relative include is refused" {
  write agent/process/streams.cc ../process/reaper.h
  refused 'agent/process/streams.cc:2: a relative include'
}

@test "a folder without a line is refused" {
  write agent/new/file.cc
  refused 'agent/new/ has no line in tests/check/floors.txt'
}

@test "a circle cannot be written down" {
  sed -i 's|^lib/base$|lib/base  lib/sys|' "$TREE/tests/check/floors.txt"
  run -1 "$CHECK" "$TREE"
  [[ $output == *'lib/base names lib/sys, which has no line above it'* ]]
}

@test "a folder whose kata_room() does not depend on what it may include is refused" {
  sed -i 's/ DEPENDS kata_sys//' "$TREE/agent/CMakeLists.txt"
  run -1 "$CHECK" "$TREE"
  [[ $output == *'agent/process/ may include lib/base/, but its kata_room() does not depend on it'* ]]
  [[ $output == *'agent/process/ may include lib/sys/, but its kata_room() does not depend on it'* ]]
}
