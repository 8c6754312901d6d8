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

# Files that differ from what the remote has, or all of them.
tidy() {
  local base
  base=$(git merge-base HEAD '@{upstream}' 2>/dev/null || git rev-parse HEAD~1)
  { if [ "$1" = all ]; then sources '*.cc'; else git diff --name-only --diff-filter=d "$base" -- '*.cc'; fi; } |
    grep -v '_fuzz\.cc$' | xargs -r -P "$(nproc)" -n 1 clang-tidy --quiet -p "$KATA_BUILD_DIR" 2>/dev/null
}

step "format (./dev fmt mends it)" format
step "every folder includes only what its floor allows" tests/check/rooms.sh
step "lengths of files and functions" tests/check/sizes.sh
step "shell scripts" scripts
step "the tests that docs/specification.md names" tests/check/specification.sh
step "every hint says what to do" tests/check/hints.py
step "the threads that docs/threads.md names" tests/check/threads.sh
if [ "${1:-}" != --quick ]; then
  dev build
  step "every header compiles alone" tests/check/headers.sh "$KATA_BUILD_DIR"
fi
case ${1:-} in
  --tidy) step "clang-tidy on what changed" tidy changed ;;
  --all) step "clang-tidy" tidy all ;;
esac
[ "$failed" -eq 0 ] || exit 1
say "all checks passed"
