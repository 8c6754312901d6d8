# shellcheck shell=bash
# Check format, lengths, room boundaries, headers, scripts (./dev check [--quick | --apart [N/M] | --tidy | --all])

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

# chosen changed|all|N/M PATTERN: sources; those that differ from what the remote has, or every M-th of all from the N-th on.
chosen() {
  case $1 in
    all) sources "$2"; return ;;
    */*) sources "$2" | awk -v n="${1%/*}" -v m="${1#*/}" 'NR % m == n'; return ;;
  esac
  git diff --name-only --diff-filter=d "$(git merge-base HEAD '@{upstream}' 2>/dev/null || git rev-parse HEAD~1)" -- "$2"
}

# headers changed|all|N/M
headers() { chosen "$1" '*.h' | tests/check/headers.sh "$KATA_BUILD_DIR"; }

# apart: a tree in which every source has a command of its own (see cmake/Together.cmake). Nothing is compiled in it: what is
# generated is the finished build's.
APART=$KATA_BUILD_DIR/apart
apart() {
  # shellcheck disable=SC2086
  quietly "$KATA_BUILD_DIR/log/apart.log" \
    cmake -S "$KATA_SOURCE" -B "$APART" -G Ninja -D KATA_TOGETHER=OFF ${KATA_CMAKE_ARGS:-} &&
    sed -i "s|$APART/generated|$KATA_BUILD_DIR/generated|g" "$APART/compile_commands.json"
}

# alone changed|all|N/M: a precompiled header hides what a source forgot to include; here there is none.
alone() {
  chosen "$1" '*.cc' | jq -nRr --arg tree "$KATA_SOURCE" --slurpfile all "$APART/compile_commands.json" \
    '($all[0] | INDEX(.file)) as $of | inputs | $of["\($tree)/\(.)"].command // empty' | sed -E 's/ -include [^ ]*cmake_pch\.hxx//; s/ -o [^ ]+/ -fsyntax-only/; s/^.*ccache //' |
    (cd "$APART" && tr '\n' '\0' | xargs -0 -r -P "$(nproc)" -n 1 bash -c 'eval "$0"')
}

# tidy changed|all
tidy() {
  chosen "$1" '*.cc' | grep -v '_fuzz\.cc$' | xargs -r -P "$(nproc)" -n 1 clang-tidy --quiet -p "$APART" 2>/dev/null
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
step "the links of all pages" tests/check/links.py
step "a link that leads nowhere fails" tests/check/links_test.sh
step "one version everywhere" tests/check/version.sh
step "the picture of a terminal is of its transcript" tests/check/picture.sh
step "the rows of the engines that docs/limitations.md names" tests/check/rows.sh
step "docs/conformance.md is what its table says" tests/conformance/conformance.py page --check
step "a conformance row that is not as it says fails" tests/conformance/harness_test.py
step "every hint says what to do" tests/check/hints.py
step "the threads that docs/threads.md names" tests/check/threads.sh
if [ "${1:-}" = --apart ]; then
  dev build
  step "a tree for what looks at each source alone" apart
  step "every header compiles alone" headers "${2:-all}"
  step "every source includes what it uses" alone "${2:-all}"
elif [ "${1:-}" != --quick ]; then
  dev build
  step "every header that changed compiles alone" headers changed
  step "a tree for what looks at each source alone" apart
  step "locks, by clang's thread-safety analysis" tests/check/locks.py "$KATA_BUILD_DIR" "$APART/compile_commands.json"
  step "every source that changed includes what it uses" alone changed
fi
case ${1:-} in
  --tidy) step "clang-tidy on what changed" tidy changed ;;
  --all) step "clang-tidy" tidy all ;;
esac
[ "$failed" -eq 0 ] || exit 1
say "all checks passed"
