#!/usr/bin/env bats
# Exit statuses are the command's own.

setup() {
  load lib/kata
  load lib/bundle
  common_setup
}
teardown() { common_teardown; }

@test "exit statuses 0 to 255 of exec" {
  busybox_bundle "$BUNDLE"
  kata run --detach --bundle "$BUNDLE" "$ID"
  local n got
  for n in $(seq 0 255); do
    got=0
    kata exec "$ID" sh -c "exit $n" || got=$?
    expect "$got" "$n" "exit status"
  done
  kata delete --force "$ID"
}

@test "signals of exec are 128 + n" {
  busybox_bundle "$BUNDLE"
  kata run --detach --bundle "$BUNDLE" "$ID"
  local n got
  for n in 1 2 6 9 10 13 15; do # busybox sh ignores SIGQUIT
    got=0
    kata exec "$ID" sh -c "kill -$n \$\$" || got=$?
    expect "$got" "$((128 + n))" "signal $n"
  done
  kata delete --force "$ID"
}

@test "run exits with the status of the first process" {
  busybox_bundle "$BUNDLE" sh -c 'exit 7'
  run -7 kata run --bundle "$BUNDLE" "$ID"
}

@test "run: a first process that is killed is 137" {
  busybox_bundle "$BUNDLE"
  kata run --bundle "$BUNDLE" "$ID" &
  local runtime=$! got=0
  eventually status_is "$ID" running
  kata kill "$ID" KILL
  wait "$runtime" || got=$?
  expect "$got" 137 "exit status"
}
