#!/usr/bin/env bats
# Containers that share a machine by the OCI command line, as CRI-O, Podman and Docker make them.

setup() {
  load lib/kata
  load lib/bundle
  common_setup
  POD=$ID-pod
}
teardown() { common_teardown; }

machines() { pgrep -fc -- "qemu-system.*sandbox-$POD"; }

@test "a pod: one machine, one localhost; its containers come and go" {
  start_pod
  in_pod "$BUNDLE-web" container sh -c 'mkdir /www; echo page >/www/index.html; exec httpd -f -p 8080 -h /www'
  in_pod "$BUNDLE-one" container
  kata run --detach --bundle "$BUNDLE-web" "$ID-web" >/dev/null 2>&1
  kata create --bundle "$BUNDLE-one" "$ID-one" >/dev/null 2>&1
  kata start "$ID-one"
  expect "$(machines)" 1 machines
  eventually kata exec "$ID-one" wget -qO- http://127.0.0.1:8080/
  expect "$(kata exec "$ID-one" wget -qO- http://127.0.0.1:8080/)" page
  run -0 kata list --quiet
  expect "$(xargs <<<"$output")" "$ID-one $POD $ID-web"
  kata kill "$ID-web" KILL
  eventually status_is "$ID-web" stopped
  kata delete "$ID-web"
  status_is "$ID-one" running
  status_is "$POD" running
  kata delete --force "$ID-one"
  kata delete --force "$POD"
}

@test "the first container's end is not the others'" {
  start_pod
  in_pod "$BUNDLE-one" container
  kata run --detach --bundle "$BUNDLE-one" "$ID-one" >/dev/null 2>&1
  kata delete --force "$POD"
  status_is "$ID-one" running
  expect "$(kata exec "$ID-one" echo alive)" alive
  kata delete --force "$ID-one"
}

@test "the machine dies under a pod: all of it has stopped, and can be deleted in any order" {
  start_pod
  in_pod "$BUNDLE-one" container
  kata run --detach --bundle "$BUNDLE-one" "$ID-one" >/dev/null 2>&1
  kill -9 "$(shim_pid "$POD")"
  eventually status_is "$ID-one" stopped
  kata delete "$POD"
  kata delete "$ID-one"
}

@test "a container that cannot join says why, and harms nobody" {
  in_pod "$BUNDLE-one" container
  run ! kata run --bundle "$BUNDLE-one" "$ID-one"
  holds "$output" "container \"$POD\" does not exist"
  start_pod
  in_pod "$BUNDLE-two" container /no/such/program
  run ! kata run --bundle "$BUNDLE-two" "$ID-two"
  holds "$output" /no/such/program
  status_is "$POD" running
  expect "$(kata list --quiet)" "$POD"
  kata delete --force "$POD"
}
