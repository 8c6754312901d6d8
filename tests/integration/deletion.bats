#!/usr/bin/env bats
# delete --force while the container is being created, at many moments: one of the two undoes it, and nothing is left.

setup() {
  load lib/kata
  load lib/bundle
  common_setup
}
teardown() { common_teardown; }

readonly DELAYS="0 0.02 0.05 0.1 0.15 0.25 0.4 0.7 1.1 1.8"

# begin NAME: a creation in the background; its pid is CREATOR.
begin() {
  "$KATA_RUNTIME" --root "$KATA_ROOT" create --bundle "$BUNDLE" "$1" </dev/null >"$BATS_TEST_TMPDIR/$1.out" 2>&1 3>&- &
  CREATOR=$!
}

@test "delete --force during create, at many moments" {
  busybox_bundle "$BUNDLE"
  local delay number=0 name
  for delay in $DELAYS; do
    number=$((number + 1))
    name=$ID-$number
    begin "$name"
    sleep "$delay"
    run -0 kata delete --force "$name"
    wait "$CREATOR" || true
    # One that came before there was anything to delete has done nothing, as under runc.
    kata delete --force "$name"
    [ ! -e "$KATA_ROOT/$name" ]
    no_leak
  done
}

@test "the creator killed at many moments: delete --force finds everything" {
  busybox_bundle "$BUNDLE"
  local delay number=0 name
  for delay in $DELAYS; do
    number=$((number + 1))
    name=$ID-$number
    begin "$name"
    sleep "$delay"
    kill -9 "$CREATOR" || true
    wait "$CREATOR" || true
    kata delete --force "$name"
    [ ! -e "$KATA_ROOT/$name" ]
    no_leak
  done
}

@test "delete without --force respects a creation; two deletions at once are no error" {
  busybox_bundle "$BUNDLE"
  edit_config "$BUNDLE" '.hooks = {createRuntime: [{path: "/bin/sh", args: ["sh", "-c", ": >held; exec sleep 1000"]}]}'
  begin "$ID"
  eventually test -e "$BUNDLE/held"
  status_is "$ID" creating
  run -1 kata delete "$ID"
  holds "$output" 'creating'
  kata delete --force "$ID" 3>&- &
  local other=$!
  kata delete --force "$ID"
  wait "$other"
  run ! wait "$CREATOR"
  [ ! -e "$KATA_ROOT/$ID" ]
}
