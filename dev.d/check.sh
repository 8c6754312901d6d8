# shellcheck shell=bash
# Check format, lengths, room boundaries, headers, scripts (./dev check [--tidy [FILE]... | --all])

dev setup
failed=0

# step NAME CMD...: runs a check, goes on after a failure.
step() {
  local name=$1
  shift
  say "check: $name"
  "$@" >&2 || { echo "./dev check: $name failed" >&2; failed=1; }
}

sources() { git ls-files --cached --others --exclude-standard "$@"; }
format() { sources '*.cc' '*.h' | xargs -r -P "$(nproc)" -n 20 clang-format --dry-run --Werror; }
scripts() { sources '*.sh' '*.bash' '*.bats' dev .ci/run | xargs -r shellcheck -x -s bash -e SC2154,SC2016,SC2015,SC2317; }

# changed: sources that differ from what the remote has.
changed() {
  git diff --name-only --diff-filter=d "$(git merge-base HEAD '@{upstream}' 2>/dev/null || git rev-parse HEAD~1)" -- '*.cc'
}

# alone: a precompiled header hides what a source forgot to include; here there is none.
alone() {
  local file
  changed | while read -r file; do
    jq -r --arg file "$KATA_SOURCE/$file" 'first(.[] | select(.file == $file) | .command)' "$KATA_BUILD_DIR/compile_commands.json"
  done | sed -E 's/ -include [^ ]*cmake_pch\.hxx//; s/ -o [^ ]+/ -fsyntax-only/; s/^.*ccache //' |
    (cd "$KATA_BUILD_DIR" && tr '\n' '\0' | xargs -0 -r -P "$(nproc)" -n 1 bash -c 'eval "$0"')
}

# tidy changed|all
tidy() {
  { if [ "$1" = all ]; then sources '*.cc'; else changed; fi; } |
    grep -v '_fuzz\.cc$' | xargs -r -P "$(nproc)" -n 1 clang-tidy --quiet -p "$KATA_BUILD_DIR" 2>/dev/null
}

step "format (./dev fmt mends it)" format
step "every folder includes only what its floor allows" tests/check/rooms.sh
step "what only lib/sys calls" tests/check/calls.sh
step "no source names a VMM outside of its folder" tests/check/vmm_names.sh
step "lengths of files and functions" tests/check/sizes.sh
step "shell scripts" scripts
step "a benchmark that ends without its numbers fails" tests/check/bench.sh
step "the libraries that docs/dependencies.md names" tests/check/dependencies.sh
step "the tests that docs/specification.md names" tests/check/specification.sh
step "the files that docs/walks.md names" tests/check/walks.sh
step "every hint says what to do" tests/check/hints.py
step "the threads that docs/threads.md names" tests/check/threads.sh
if [ "${1:-}" != --quick ]; then
  dev build
  step "every header compiles alone" tests/check/headers.sh "$KATA_BUILD_DIR"
  step "locks, by clang's thread-safety analysis" tests/check/locks.py "$KATA_BUILD_DIR"
  step "what changed includes what it uses" alone
fi
case ${1:-} in
  --tidy) step "clang-tidy on what changed" tidy changed ;;
  --all) step "clang-tidy" tidy all ;;
esac
[ "$failed" -eq 0 ] || exit 1
say "all checks passed"
