# shellcheck shell=bash
# Run the tests (./dev test [check|unit|integration|testbed|host|sanitizer|thread|fuzz]...; all of them by default)

passed=0
failed=0
skipped=0
log=$KATA_BUILD_DIR/log
mkdir -p "$log"
failures=$log/failures
: >"$failures"

# one NAME CMD...: a step that counts as one test.
one() {
  local name=$1
  shift
  if "$@" >&2; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "$name" >>"$failures"
  fi
}

# gtest PROGRAM NAME [VARIABLE=VALUE]...: runs one program of unit tests, counts its cases.
gtest() {
  local report=$log/$2.json status=0 tests bad
  rm -f "$report"
  as_root env "${@:3}" timeout -k 10 900 "$1" --gtest_brief=1 --gtest_output="json:$report" >"$log/$2.log" 2>&1 || status=$?
  if [ ! -s "$report" ]; then
    failed=$((failed + 1))
    echo "$2: ended with status $status before its report" >>"$failures"
    tail -n 40 "$log/$2.log" >&2
    return
  fi
  tests=$(jq '[.testsuites[].testsuite[] | select(.result == "COMPLETED")] | length' "$report")
  bad=$(jq '[.testsuites[].testsuite[] | select(.failures)] | length' "$report")
  skipped=$((skipped + $(jq '[.testsuites[].testsuite[] | select(.result == "SKIPPED")] | length' "$report")))
  passed=$((passed + tests - bad))
  failed=$((failed + bad))
  jq -r '.testsuites[].testsuite[] | select(.failures) | "\(.classname).\(.name)"' "$report" >>"$failures"
  # A sanitizer may object after the last test.
  if [ "$bad" -eq 0 ] && [ "$status" -ne 0 ]; then
    failed=$((failed + 1))
    echo "$2: exit status $status" >>"$failures"
  fi
  [ "$status" -eq 0 ] || tail -n 60 "$log/$2.log" >&2
  say "  $2: $tests tests, $bad failed"
}

unit() {
  say "unit tests"
  { dev build && dev image; } || { failed=$((failed + 1)); echo "build" >>"$failures"; return; }
  local program
  for program in "$KATA_BUILD_DIR"/tests/kata_*_test; do
    gtest "$program" "$(basename "$program")"
  done
}

# sanitized NAME [VARIABLE=VALUE]...: the unit tests with clang's sanitizer NAME, in a build directory of their own, with these
# variables.
sanitized() {
  local name=$1 build=$KATA_BUILD_DIR-$1 program
  shift
  KATA_BUILD_DIR=$build KATA_CMAKE_ARGS="-DKATA_SANITIZE=$name -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_COMPILER=clang++-19" dev build unit_tests ||
    { failed=$((failed + 1)); echo "$name sanitizer build" >>"$failures"; return; }
  for program in "$build"/tests/kata_*_test; do
    gtest "$program" "$(basename "$program")-$name" "$@"
  done
}

sanitizer() {
  say "unit tests with the address and undefined-behaviour sanitizers"
  sanitized address ASAN_OPTIONS=detect_leaks=1
}

thread() {
  say "unit tests with the thread sanitizer"
  # A child of fork() in a process of many threads goes on to exec here, as the rules of the house demand.
  sanitized thread TSAN_OPTIONS="suppressions=$KATA_SOURCE/tests/thread_sanitizer.supp halt_on_error=0 second_deadlock_stack=1 die_after_fork=0"
}

# count_tap FILE: adds what bats said. Fewer results than it promised count as a failure: it may die before the end.
count_tap() {
  local ok skips bad promised
  ok=$(grep -cE '^ok ' "$1" || true)
  skips=$(grep -cE '^ok .* # skip' "$1" || true)
  bad=$(grep -cE '^not ok ' "$1" || true)
  promised=$(sed -n 's/^1\.\.\([0-9]*\)$/\1/p' "$1" | head -n 1)
  passed=$((passed + ok - skips))
  skipped=$((skipped + skips))
  failed=$((failed + bad))
  grep -E '^not ok ' "$1" >>"$failures" || true
  [ "$((ok + bad))" -gt 0 ] && [ "$((ok + bad))" -ge "${promised:-1}" ] && return
  failed=$((failed + 1))
  echo "$(basename "$1" .tap): bats ran $((ok + bad)) of ${promised:-?} tests" >>"$failures"
}

integration() {
  say "integration tests (each boots virtual machines)"
  { dev kernel && dev image; } || { failed=$((failed + 1)); echo "image" >>"$failures"; return; }
  local tap=$log/integration.tap jobs=()
  # Files run side by side, the tests of one file one after another.
  if command -v parallel >/dev/null; then jobs=(--jobs "${KATA_TEST_JOBS:-$(nproc)}" --no-parallelize-within-files); fi
  as_root env KATA_BUILD_DIR="$KATA_BUILD_DIR" KATA_CACHE_DIR="$KATA_CACHE_DIR" KATA_OUTPUT_MIB="${KATA_OUTPUT_MIB:-1024}" \
    bats --tap --print-output-on-failure "${jobs[@]}" "$KATA_SOURCE/tests/integration" 2>&1 | tee "$tap" >&2 || true
  count_tap "$tap"
}

# What needs KVM and vhost, on an emulated machine that has them: docs/testbed.md.
testbed() {
  say "tests on the testbed (virtual machines in an emulated one: the slowest)"
  local tap=$log/testbed.tap tries status
  # QEMU 7.2's emulation of SVM crashes its kernel now and then (docs/testbed.md): then it is not our tests that ended.
  for tries in 1 2 3; do
    status=0
    dev testbed -- timeout -k 10 1800 bats --tap --timing --print-output-on-failure "$KATA_SOURCE/tests/testbed" "$KATA_SOURCE/tests/integration/cgroups.bats" 2>&1 | tee "$tap" >&2 || status=$?
    [ "$status" -eq 123 ] || break
    say "the testbed's own kernel crashed (try $tries of 3)"
  done
  count_tap "$tap"
}

# What looks at the whole host before and after, so nothing else may run beside it.
host() {
  say "pods one after the other and side by side; the tour of ./dev demo"
  one stress dev stress 4 6
  one demo dev demo containerd
}

check() { one check dev check; }
fuzz() { one fuzz dev fuzz; }

[ $# -gt 0 ] || set -- check unit integration testbed host sanitizer thread fuzz
dev setup
for part in "$@"; do
  case $part in
    unit | integration | testbed | host | sanitizer | thread | fuzz | check) "$part" ;;
    *) die "there are no tests called \"$part\"" ;;
  esac
done

if [ -s "$failures" ]; then
  say "failed:"
  cat "$failures" >&2
fi
if [ "$skipped" -gt 0 ]; then
  echo "$passed passed, $failed failed, $skipped skipped"
else
  echo "$passed passed, $failed failed"
fi
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ] || exit 1
