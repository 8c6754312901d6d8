# shellcheck shell=bash
# What the tours share: how a step looks, the tests' libraries outside of bats, and the end, whatever ends them. A tour
# sources this, starts its engine by "begin_tour END", goes on with "step" and "show", and ends with "end_tour".
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../integration" || exit
# shellcheck source=tests/integration/lib/kata.bash
. lib/kata.bash
# shellcheck source=tests/integration/lib/host.bash
. lib/host.bash

step() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
# show COMMAND...: as a person would have typed it, and what it prints.
show() {
  local word
  printf '\033[2m$'
  for word in "$@"; do
    [[ $word =~ ^[[:alnum:]_./:=@%+,-]+$ ]] || word="'${word//\'/\'\\\'\'}'"
    printf ' %s' "$word"
  done
  printf '\033[0m\n'
  "$@"
}
KATA_WAIT=180 # an emulated machine beside others is slow
# The tests' libraries limit each command's time, which must not take it from the terminal's Ctrl-C.
timeout() { command timeout --foreground "$@"; }
# Where they give up.
skip() {
  echo "the tour ends here: $*" >&2
  exit 1
}

# begin_tour END: END stops the engine, however the tour ends. Ctrl-C is for this shell alone then: the engine and what
# runs below it go in order.
begin_tour() {
  ID=$(new_id)
  KATA_ROOT=/tmp/kata-$ID
  MARK=$(root_mark "$KATA_ROOT")
  export ID KATA_ROOT MARK
  BEFORE=$(host_inventory)
  END=$1
  trap 'leave_tour $?' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
}
leave_tour() {
  trap '' INT TERM HUP
  trap - EXIT
  [ "$1" -eq 0 ] || step "the tour ended early (status $1); putting everything away"
  "$END" || true
  what_is_left || exit 1
  exit "$1"
}
end_tour() {
  trap '' INT TERM HUP
  trap - EXIT
  # shellcheck disable=SC2034 # of the libraries: nothing has failed
  BATS_TEST_COMPLETED=1
  "$END" || true # what it left is told below
  step "what is left on the host"
  what_is_left
  echo "nothing"
}
what_is_left() {
  host_compare "$BEFORE" && no_leak && rm -rf "${KATA_ROOT:?}"
}
