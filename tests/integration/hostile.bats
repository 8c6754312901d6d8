#!/usr/bin/env bats
# A guest that somebody has taken over: its agent breaks the protocol on purpose (hostile_agent/). Whatever it does, a kill and a
# deletion end, the shim stays small, and nothing of what it says reaches a terminal as it is: docs/threat-model.md.

setup_file() {
  load lib/kata
  common_setup
  local place=$BATS_FILE_TMPDIR/agent
  mkdir "$place"
  install -m 755 "$KATA_BUILD_DIR/tests/hostile_agent" "$place/init"
  strip --strip-all "$place/init"
  # Of two archives the later one's files count.
  { cat "$KATA_SHARE/kata-containers-initrd.img"; (cd "$place" && echo init | cpio --quiet --create --format=newc); } >"$BATS_FILE_TMPDIR/initrd"
}
setup() {
  load lib/kata
  load lib/bundle
  common_setup
}
teardown() { common_teardown; }

# try COMMAND...: it ends, with whatever result, and what it tells is kept.
try() {
  local got=0
  timeout -k 5 30 "$KATA_RUNTIME" --root "$KATA_ROOT" "$@" >>"$BATS_TEST_TMPDIR/shown" 2>>"$BATS_TEST_TMPDIR/told" </dev/null || got=$?
  [ "$got" -ne 137 ] || { echo "$* had to be killed" >&2; return 1; }
}

# taken_over MODE: a container in such a guest, and whatever an operator tries with it.
taken_over() {
  printf '[hypervisor.qemu]\ninitrd = "%s"\nkernel_params = "hostile=%s"\n' "$BATS_FILE_TMPDIR/initrd" "$1" >"$BATS_TEST_TMPDIR/kata.toml"
  export KATA_CONF_FILE=$BATS_TEST_TMPDIR/kata.toml
  busybox_bundle "$BUNDLE" sleep 1000
  # The outputs of a container are its own, and go on as they are.
  kata run --detach --bundle "$BUNDLE" "$ID" >/dev/null 2>&1
  SHIM=$(shim_pid "$ID")
  QEMU=$(qemu_pid "$ID")
  timeout -k 5 20 "$KATA_RUNTIME" --root "$KATA_ROOT" exec "$ID" echo hello 2>/dev/null </dev/null | head -c 20M >/dev/null || true
  try ps "$ID"
  try events --stats "$ID"
  try events --interval 100ms "$ID"
  try update --cpu-shares 100 "$ID"
  try state "$ID"
}

# held: the machine goes when it is told to; what it cost and told until then was bounded.
held() {
  local most
  most=$(awk '/^VmHWM/ { print $2 }' "/proc/$SHIM/status")
  kata kill "$ID" KILL 2>>"$BATS_TEST_TMPDIR/told" || true
  eventually status_is "$ID" stopped
  kata delete --force "$ID" 2>>"$BATS_TEST_TMPDIR/told"
  is_gone "$QEMU"
  [ "${most:-0}" -le $((32 << 10)) ] || { echo "the shim had $most KiB" >&2; return 1; }
  if LC_ALL=C grep -aP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\x9b' "$BATS_TEST_TMPDIR"/{told,shown} >"$BATS_TEST_TMPDIR/raw"; then
    head -c 1000 "$BATS_TEST_TMPDIR/raw" | cat -v >&2
    return 1
  fi
  # Errors quote no megabytes, and a list of processes has an end.
  [ "$(stat -c %s "$BATS_TEST_TMPDIR/told")" -le $((64 << 10)) ]
  [ "$(stat -c %s "$BATS_TEST_TMPDIR/shown")" -le $((64 << 20)) ]
}

@test "an agent that answers nothing any more" {
  taken_over mute
  held
}

@test "an agent that says yes to SIGKILL and to the removal, and does neither" {
  taken_over deaf
  held
}

@test "an agent that refuses everything with a megabyte of control characters" {
  taken_over refuse
  held
}

@test "an agent whose outputs, news and numbers never end" {
  taken_over flood
  held
}

@test "an agent whose answers are no messages" {
  taken_over garbage
  held
}

@test "a guest that sends no protocol at all: answers that nobody asked for, twice, frames of four gigabytes" {
  taken_over frames
  held
}
