# shellcheck shell=bash
# Questions that an engine is asked of runc and of kata-runtime, whose answers (exit status, standard output, kind of error)
# are compared. A group is a function that runs with $RUNTIME, the name of one, and $C, a prefix for names, and calls "row".
# Who loads this sets $ENGINE, the engine's name in docs/limitations.md, and may have a function engine_log.

# row NAME COMMAND...: writes down its answer.
row() {
  local name=$1 status=0 begin=$SECONDS
  shift
  "$@" >"$ROWS/out" 2>"$ROWS/err" </dev/null || status=$?
  printf '%s\t%s\n' "$name" "$status $(answer <"$ROWS/out") $(kind_of_error <"$ROWS/err")" >>"$ROWS/answers"
  { echo "== $name ($status, $((SECONDS - begin)) s): $*"; cat "$ROWS/out" "$ROWS/err"; } >>"$ROWS/log"
}

# must COMMAND...: what is no row, but without which the next ones mean nothing: the group ends.
must() {
  "$@" >>"$ROWS/log" 2>&1 </dev/null && return
  echo "this failed: $*"
  exit 1
}

# answer: stdin on one line, without names that differ in every run. Docker tells an exec's error on stdout.
answer() {
  sed -E "s/^(OCI runtime exec failed|NotFound|PermissionDenied): .*(no such file or directory|permission denied|not found).*/exec failed: \\L\\2/I; s/\\b$C/C/g; s/\\b$RUNTIME\\b/RUNTIME/g; s/\\b[0-9a-f]{64}\\b/ID/g; s/\\b[0-9a-f]{12}\\b/ID/g; s/[[:space:]]+$//" | tr '\n\t' '; '
}

kind_of_error() {
  grep -oiE -m 1 'no such file or directory|permission denied|not found|is not running|is already in use|invalid argument|operation not permitted|read-only file system|is paused|no such container|is a directory|no space left|conflict|never became true' |
    head -n 1 | tr '[:upper:]' '[:lower:]'
}

# piped TEXT COMMAND...
piped() { printf '%s' "$1" | "${@:2}"; }

# engine_of RUNTIME: what docs/limitations.md calls the engine with it.
engine_of() {
  case "$ENGINE $1" in
    *shim) echo "$ENGINE as a shim" ;;
    Docker*) echo "$ENGINE by path" ;;
    *) echo "$ENGINE" ;;
  esac
}

# ask RUNTIME GROUP
ask() {
  mkdir -p "$BATS_TEST_TMPDIR/$1"
  (ROWS=$BATS_TEST_TMPDIR/$1 RUNTIME=$1 C=$1-$2; set +e; "$2") >"$BATS_TEST_TMPDIR/$1/stdout" 2>&1 3>&-
}

# beside_runc GROUP: with runc and each of $RUNTIMES (kata) at once; fails with a line for each row that differs and is not in
# docs/limitations.md.
beside_runc() {
  local runtime each=() pid failed=0
  for runtime in runc ${RUNTIMES:-kata}; do
    ask "$runtime" "$1" &
    each+=($!)
  done
  for pid in "${each[@]}"; do wait "$pid" || failed=1; done
  compare_answers "$failed"
}

# one_after_the_other GROUP: the same, where one would disturb the other.
one_after_the_other() {
  local runtime failed=0
  for runtime in runc ${RUNTIMES:-kata}; do ask "$runtime" "$1" || failed=1; done
  compare_answers "$failed"
}

# compare_answers FAILED: of all runtimes; 1 when a group failed already.
compare_answers() {
  local runtime failed=$1 here
  here=$(dirname "${BASH_SOURCE[0]}")
  for runtime in ${RUNTIMES:-kata}; do
    python3 "$here/table.py" "$BATS_TEST_TMPDIR/runc/answers" "$BATS_TEST_TMPDIR/$runtime/answers" "$here/../../../docs/limitations.md" "$(engine_of "$runtime")" ||
      failed=1
  done
  [ "$failed" -ne 0 ] || return 0
  for runtime in runc ${RUNTIMES:-kata}; do
    echo "--- with $runtime" >&2
    cat "$BATS_TEST_TMPDIR/$runtime/"{stdout,log} >&2
  done
  [ -z "$(declare -F engine_log)" ] || { echo "--- the engine's last words" >&2; engine_log >&2; }
  return 1
}
