# shellcheck shell=bash
# Build everything into build/ (./dev build [TARGET]...)

dev setup
if [ ! -f "$KATA_BUILD_DIR/build.ninja" ]; then
  say "configuring $KATA_BUILD_DIR"
  # shellcheck disable=SC2086
  quietly "$KATA_BUILD_DIR/log/cmake.log" cmake -S "$KATA_SOURCE" -B "$KATA_BUILD_DIR" -G Ninja ${KATA_CMAKE_ARGS:-}
fi
# Two builds of one directory would trample on each other.
exec 9>"$KATA_BUILD_DIR/.lock"
flock -n 9 || { say "waiting for another build of $KATA_BUILD_DIR"; flock 9; }

# follow LOG PID: ninja's last "[done/all]" every ten seconds, as long as it runs.
follow() {
  local seconds=0 status
  while kill -0 "$2" 2>/dev/null; do
    sleep 0.2
    seconds=$((seconds + 1))
    [ $((seconds % 50)) -eq 0 ] || continue
    status=$(grep -o '^\[[0-9]*/[0-9]*\]' "$1" | tail -n 1)
    say "building $(basename "$KATA_BUILD_DIR") $status"
  done
}

log=$KATA_BUILD_DIR/log/ninja.log
mkdir -p "$KATA_BUILD_DIR/log"
ninja -C "$KATA_BUILD_DIR" "$@" >"$log" 2>&1 9>&- &
ninja=$!
follow "$log" "$ninja"
if ! wait "$ninja"; then
  grep -E -A 12 'FAILED|error:' "$log" | head -n 60 >&2
  die "the build failed; its whole output is in $log"
fi
