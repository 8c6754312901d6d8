# shellcheck shell=bash
# Run the tests (./dev test [all | check|apart|unit|integration|kernel|containerd|engines|deploy|kubernetes|testbed|systemd|debian13|host|inside|packages|sanitizer|thread|fuzz|security]... | conformance [ROW]...)

passed=0
failed=0
skipped=0
log=$KATA_BUILD_DIR/log
mkdir -p "$log"
failures=$log/failures
: >"$failures"
at_first=$log/at_first
: >"$at_first"

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
  products image || return 0
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

# run_bats TAP ARG...: with the settings of who called.
run_bats() {
  as_root env KATA_BUILD_DIR="$KATA_BUILD_DIR" KATA_CACHE_DIR="$KATA_CACHE_DIR" "${settings[@]}" \
    bats --tap --timing --print-output-on-failure "${@:2}" 2>&1 | tee "$1" >&2 || true
}

# failed_files TAP: those with a test that failed; none where bats itself did not come to its end, or it is not said where.
failed_files() {
  local results bad
  results=$(grep -cE '^(not )?ok ' "$1" || true)
  bad=$(grep -cE '^not ok ' "$1" || true)
  [ "$results" -ge "$(sed -n 's/^1\.\.\([0-9]*\)$/\1/p' "$1" | head -n 1)" ] || return 0
  [ "$(grep -cE '^#.*[( ]in test file [^,]+, line ' "$1")" -eq "$bad" ] || return 0
  sed -nE 's/^#.*[( ]in test file ([^,]+), line .*/\1/p' "$1" | sort -u
}

# bats_tests NAME [VARIABLE=VALUE]... FILE...: as root, with these settings. A file with a failure runs once more, alone: on
# two busy processors an emulated guest now and then is slower than an engine's patience, while a fault of ours fails again.
# The summary names what needed it.
bats_tests() {
  local tap=$log/$1.tap settings=() files
  shift
  while [[ $1 == *=* ]]; do settings+=("$1"); shift; done
  run_bats "$tap" "$@"
  mapfile -t files < <(failed_files "$tap")
  if [ "${#files[@]}" -eq 0 ] || [ "${#files[@]}" -gt 3 ]; then
    count_tap "$tap"
    return
  fi
  say "once more, with nothing beside them: ${files[*]##*/}"
  run_bats "$tap.again" "${files[@]}"
  grep '^not ok ' "$tap" >>"$at_first"
  sed -i -E 's/^not ok /ok /' "$tap"
  count_tap "$tap"
  sed -i -E '/^ok /d; s/^1\.\.[0-9]*$/# &/' "$tap.again"
  passed=$((passed - $(grep -c '^not ok ' "$tap.again" || true)))
  ! grep -q '^not ok ' "$tap.again" || count_tap "$tap.again"
}

# side_by_side NAME [VARIABLE=VALUE]... FILE...: the same; files run side by side, the tests of one file one after another.
side_by_side() {
  local jobs=()
  if command -v parallel >/dev/null; then jobs=(--jobs "${KATA_TEST_JOBS:-$(nproc)}" --no-parallelize-within-files); fi
  bats_tests "$@" "${jobs[@]}"
}

# products COMMAND...: what tests need is built, or its absence is a failure. All is built before any test runs, so that no
# test that builds replaces a program that another one runs.
products() {
  local each
  for each in build "$@"; do
    dev "$each" >&2 && continue
    failed=$((failed + 1))
    echo "./dev $each" >>"$failures"
    return 1
  done
}

# With the guest's own kernel where ./dev kernel has built it, else with Debian's.
integration() {
  say "integration tests (each boots virtual machines)"
  products image virtiofsd docker || return 0
  side_by_side integration KATA_OUTPUT_MIB="${KATA_OUTPUT_MIB:-1024}" "$KATA_SOURCE/tests/integration"
}

# What differs by the guest's kernel, with our own.
kernel() {
  say "the guest's own kernel, which is built first, and what differs by it"
  products kernel image || return 0
  side_by_side kernel "$KATA_SOURCE"/tests/integration/{kernel,kernel_config,guest_modules,image,templates,resources,lifecycle}.bats
  conformance_of qemu "$(kernels | head -n 1)" --share --part "$(turn 4)/4"
}

# Each of the guest's kernels that this machine has, the one that is used first: NAME.
kernels() {
  local share=$KATA_BUILD_DIR/share/kata-containers name chosen
  chosen=$(basename "$(readlink -f "$share/vmlinux.container")" .container)
  echo "${chosen#vmlinux-}"
  for name in "$share"/vmlinux-*.container; do
    name=$(basename "$name" .container)
    [ "$name" = "$chosen" ] || echo "${name#vmlinux-}"
  done
}

# The rows of tests/conformance, with runc and with kata: all, or these. Of all, those that a pod can do are containers of
# one; of the rest, which have a machine of their own, the other kernels are asked a part, which takes turns.
conformance() {
  say "conformance: runc's answers and ours"
  products image || return 0
  local driver kernel options=()
  [ ${#rows[@]} -gt 0 ] || options=(--share)
  for driver in ${KATA_CONFORMANCE_DRIVERS:-qemu}; do
    for kernel in $(kernels); do
      conformance_of "$driver" "$kernel" "${options[@]}" "${rows[@]}"
      [ ${#rows[@]} -gt 0 ] || options=(--share --part "$(turn 4)/4")
    done
  done
}

# conformance_of DRIVER KERNEL [OPTION|ROW]...
conformance_of() {
  local tap=$log/conformance-$1-$2.tap
  as_root env KATA_BUILD_DIR="$KATA_BUILD_DIR" "$KATA_SOURCE/tests/conformance/conformance.py" run \
    --driver "$1" --kernel "$2" "${@:3}" 2>&1 | tee "$tap" >&2 || true
  count_tap "$tap"
}

# turn N: whose turn it is of N, from 0 on: another one with each commit. A shallow clone cannot count its commits.
turn() {
  local number
  if [ "$(git -C "$KATA_SOURCE" rev-parse --is-shallow-repository 2>/dev/null)" = false ]; then
    number=$(git -C "$KATA_SOURCE" rev-list --count HEAD)
  else
    number=$((16#$(git -C "$KATA_SOURCE" rev-parse --short=7 HEAD 2>/dev/null || echo 0)))
  fi
  echo $((number % $1))
}

# on_testbed TAP CMD...: QEMU 7.2's emulation of SVM crashes its kernel now and then (docs/testbed.md): then it is not our
# tests that ended, and they begin again.
on_testbed() {
  local tries status
  for tries in 1 2 3; do
    status=0
    dev testbed -- "${@:2}" 2>&1 | tee "$1" >&2 || status=$?
    [ "$status" -eq 123 ] || break
    say "the testbed's own kernel crashed (try $tries of 3)"
  done
  count_tap "$1"
}

# What needs KVM and vhost, on an emulated machine that has them: docs/testbed.md.
testbed() {
  say "tests on the testbed (virtual machines in an emulated one: the slowest)"
  on_testbed "$log/testbed.tap" timeout -k 10 1800 bats --tap --timing --print-output-on-failure "$KATA_SOURCE/tests/testbed" "$KATA_SOURCE/tests/integration/cgroups.bats"
}

# The engines' tests with the tag "daily" where systemd owns the cgroups, which are version 2's alone. One engine in each
# turn: a machine takes ten to twenty seconds there.
systemd() {
  say "engines on a host with systemd and cgroups of version 2 alone (on the testbed)"
  local files=("docker.bats" "podman.bats podman_more.bats" "containerd.bats pods.bats") each name
  [ -z "$by_turn" ] || files=("${files[$(turn 3)]}")
  products docker || return 0
  for each in "${files[@]}"; do
    name=${each%%.*}
    # shellcheck disable=SC2086 # names of files
    on_testbed "$log/systemd-$name.tap" "$KATA_SOURCE/tests/testbed/systemd/run.sh" timeout -k 10 1800 env -C "$KATA_SOURCE/tests/integration" \
      bats --tap --timing --print-output-on-failure --filter-tags daily $each
  done
}

# What a user of the other Debian does first, with its compiler, libraries, kernel, QEMU and engines: docs/debian.md. Of the
# engines' tests, those with the tag "daily".
debian13() {
  say "Debian 13: builds, first steps, unit tests of some rooms, its engines"
  local tap
  bats_tests debian13 "$KATA_SOURCE/tests/os"
  tap=$log/debian13-inside.tap
  dev os debian-13 -- bats --tap --timing --print-output-on-failure "$KATA_SOURCE/tests/os/inside" 2>&1 | tee "$tap" >&2 || true
  count_tap "$tap"
  tap=$log/debian13-engines.tap
  # shellcheck disable=SC2016
  dev os debian-13 -- sh -c 'cd "$KATA_SOURCE" && ./dev docker >&2; cd "$KATA_SOURCE/tests/integration" &&
    exec bats --tap --timing --print-output-on-failure --filter-tags daily docker.bats podman.bats podman_more.bats containerd.bats pods.bats' 2>&1 | tee "$tap" >&2 || true
  count_tap "$tap"
}

# Containerd's tests are asked of each version of it that ./dev engines builds, those of Debian's too.
containerd() {
  say "newer containerds: 1.7 and 2"
  products image || return 0
  dev engines containerd-1.7 containerd-2 >&2
  local version here=$KATA_SOURCE/tests
  for version in containerd-1.7 containerd-2; do
    side_by_side "$version" KATA_CONTAINERD="$version" "$here/engines/containerd.bats" "$here/deploy/pod.bats" \
      "$here"/integration/{containerd,pods,ttrpc_containerd,engines_install}.bats
  done
}

engines() {
  say "other newer engines: nerdctl, Docker 29, CRI-O"
  products image engines || return 0
  local others
  mapfile -t others < <(find "$KATA_SOURCE/tests/engines" -maxdepth 1 -name '*.bats' ! -name containerd.bats | sort)
  side_by_side engines KATA_CONTAINERD=containerd-2 "${others[@]}"
}

# What looks at the whole host before and after, so nothing else may run beside it.
host() {
  local engine
  say "pods and containers one after the other and side by side; the tours of ./dev demo"
  one stress dev stress 4 6
  for engine in docker podman; do one "stress $engine" dev stress "$engine" 4; done
  for engine in containerd docker podman; do
    one "demo $engine" dev demo "$engine"
    one "demo $engine, and Ctrl-C" as_root env KATA_BUILD_DIR="$KATA_BUILD_DIR" KATA_CACHE_DIR="$KATA_CACHE_DIR" \
      "$KATA_SOURCE/tests/demo/interrupted.sh" "$engine"
  done
}

# What people run in containers: systemd, databases, engines, debuggers.
inside() {
  say "what people run in containers, beside runc"
  products image inside || return 0
  bats_tests inside "$KATA_SOURCE/tests/inside"
}

# The installer of a cluster's nodes, with each containerd that there is, and its chart: docs/kubernetes.md.
deploy() {
  say "kata-deploy: nodes of every kind, an API server, the chart, a pod of what it installs"
  products image engines || return 0
  side_by_side deploy "$KATA_SOURCE/tests/deploy"
}

# Pods beside runc's in a cluster of this machine, with Kubernetes of ./dev engines: docs/kubernetes.md.
kubernetes() {
  say "a real cluster: what users do with pods, beside runc; kata-deploy on its node"
  { command -v go || [ -x /usr/local/go/bin/go ]; } >/dev/null || {
    say "left out: there is no Go toolchain to build Kubernetes with"
    skipped=$((skipped + 1))
    return 0
  }
  products image || return 0
  dev engines containerd-2 helm kubernetes >&2
  bats_tests kubernetes "$KATA_SOURCE/tests/kubernetes"
}

# What users install: docs/packages.md.
packages() {
  say "Debian packages and the tarball, and their life on a bare Debian"
  products image || return 0
  bats_tests packages "$KATA_SOURCE/tests/packages"
}

# The attacks of docs/threat-model.md. All of them are in other parts, too; this is for whoever changes a wall.
security() {
  say "attacks: the tests that docs/threat-model.md names"
  products image || return 0
  local room
  for room in base sys qemu config sandbox storage agent_rootfs; do gtest "$KATA_BUILD_DIR/tests/kata_${room}_test" "security-$room"; done
  bats_tests security "$KATA_SOURCE"/tests/integration/{escapes,hostile,jail,security_modules}.bats
  conformance_of qemu "$(kernels | head -n 1)" 'device-*'
}

check() { one check dev check; }
# In turns: a third of the sources with each commit.
apart() { one apart dev check --apart ${by_turn:+"$(turn 3)/3"}; }
fuzz() { one fuzz dev fuzz; }

# The slowest parts take turns, so that a change waits for its tests for less than an hour; "all" leaves out nothing.
in_turns=(testbed debian13 "sanitizer apart" "thread fuzz" host containerd engines kernel inside packages deploy kubernetes systemd)
by_turn=
if [ $# -eq 0 ]; then
  now=$(turn ${#in_turns[@]})
  by_turn=yes
  # shellcheck disable=SC2086
  set -- check unit integration conformance ${in_turns[now]}
  unset "in_turns[now]"
  say "left out, as it is another commit's turn (./dev test all runs everything): ${in_turns[*]}"
elif [ "$1" = all ]; then
  set -- check apart unit kernel integration conformance testbed systemd debian13 host containerd engines inside packages deploy kubernetes sanitizer thread fuzz
fi
rows=()
if [ "$1" = conformance ]; then
  rows=("${@:2}")
  set -- conformance
fi
dev setup
times=()
for part in "$@"; do
  begin=$SECONDS
  case $part in
    unit | integration | conformance | kernel | containerd | engines | deploy | kubernetes | testbed | systemd | debian13 | host | inside | packages | sanitizer | thread | fuzz | security | check | apart) "$part" ;;
    *) die "there are no tests called \"$part\"" ;;
  esac
  times+=("$(printf '%6d s  %s' $((SECONDS - begin)) "$part")")
done
say "how long each part took:"
printf '%s\n' "${times[@]}" >&2

if [ -s "$at_first" ]; then
  say "failed beside other tests, then ran again alone:"
  cat "$at_first" >&2
fi
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
