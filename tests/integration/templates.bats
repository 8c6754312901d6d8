#!/usr/bin/env bats
# VM templates: machines that go on from a saved one instead of booting.

setup() {
  load lib/kata
  load lib/bundle
  load lib/containerd
  common_setup
  TEMPLATES=/tmp/kata-$ID.templates
  CONFIGURATION=$BATS_TEST_TMPDIR/$ID.toml
  configure '[hypervisor.qemu]'
}
teardown() {
  [ -z "${CONTAINERD_SOCKET:-}" ] || stop_containerd
  ! mountpoint -q "$TEMPLATES" || umount "$TEMPLATES"
  rm -rf "${TEMPLATES:?}"
  common_teardown
}

# configure LINE...: the configuration's [hypervisor.qemu], and templates.
configure() {
  { printf '%s\n' "$@"; printf '[factory]\nenable_template = true\ntemplate_path = "%s"\n' "$TEMPLATES"; } >"$CONFIGURATION"
}
templated() { KATA_CONF_FILE=$CONFIGURATION "$@"; }
factory() { KATA_CONF_FILE=$CONFIGURATION kata factory "$@"; }
# logged ARG...: `do` with templates; its log is in $BATS_TEST_TMPDIR/log.
logged() {
  rm -f "$BATS_TEST_TMPDIR/log"
  templated timeout -k 10 "$KATA_LIMIT" "$KATA_RUNTIME" --root "$KATA_ROOT" --log "$BATS_TEST_TMPDIR/log" "do" "$@"
}
templates() { find "$TEMPLATES" -mindepth 1 -maxdepth 1 -type d ! -name 'unfinished-*' | wc -l; }

@test "factory: init, status, destroy" {
  run -0 factory status
  expect "$output" 'vm factory is off'
  run -0 factory init
  expect "$output" 'vm factory initialized'
  run -0 factory init
  expect "$(templates)" 1
  run -0 factory status
  expect "${lines[0]}" 'vm factory is on'
  holds "${lines[2]}" "$TEMPLATES/.* $KATA_SHARE/vmlinux"
  run -0 factory destroy
  expect "$output" 'vm factory destroyed'
  [ ! -e "$TEMPLATES" ]
  run -0 factory destroy
}

@test "factory: not enabled is an error that names the key" {
  : >"$CONFIGURATION"
  for action in init status destroy; do
    run -1 factory "$action"
    holds "$output" 'vm factory not enabled'
    holds "$output" "enable_template = true.*$CONFIGURATION"
  done
}

@test "the first machine makes the template, others go on from it; --timing shows no boot" {
  run -0 --separate-stderr templated kata_do -- uname -r
  expect "$(templates)" 1
  expect "$output" "$(strings -n 8 "$KATA_SHARE/vmlinux.container" | sed -n 's/^Linux version \([^ ]*\) .*/\1/p' | head -n 1)" kernel
  run -0 --separate-stderr logged --timing -- true
  expect "$(templates)" 1
  holds "$(cat "$BATS_TEST_TMPDIR/log")" "the machine goes on from a template.*$TEMPLATES"
  run ! grep -qE '^ *(kernel|firmware) ' <<<"$stderr"
}

@test "clones: random numbers, clocks and files of their own" {
  factory init
  local one two
  one=$BATS_TEST_TMPDIR/one two=$BATS_TEST_TMPDIR/two
  # A clock that was not set goes on from the time of the template.
  sleep 3
  local before now guest
  before=$(date +%s)
  templated kata_do -- sh -c 'head -c 32 /dev/urandom | od -An -tx1; date +%s; echo x >/tmp/mine; sleep 3; ls /tmp' >"$one" &
  templated kata_do -- sh -c 'head -c 32 /dev/urandom | od -An -tx1; date +%s; sleep 3; ls /tmp' >"$two" &
  wait %1
  wait %2
  run ! cmp <(head -n 2 "$one") <(head -n 2 "$two")
  now=$(date +%s)
  for guest in $(sed -n 3p "$one") $(sed -n 3p "$two"); do
    [ "$guest" -le "$now" ] && [ "$guest" -ge "$before" ]
  done
  holds "$(cat "$one")" mine
  run ! grep -q mine "$two"
}

@test "clones: volumes over virtio-fs and over 9p" {
  local kind
  for kind in virtio-fs virtio-9p; do
    configure '[hypervisor.qemu]' "shared_fs = \"$kind\""
    mkdir -p "$BUNDLE"
    echo from-host >"$BUNDLE/in"
    for _ in 1 2; do
      run -0 --separate-stderr templated kata_do --volume "$BUNDLE:/data" -- sh -c 'cat /data/in; echo from-guest >/data/out; mount'
      holds "$output" from-host
      holds "$output" "on /data type $([ $kind = virtio-9p ] && echo 9p || echo virtiofs)"
      expect "$(cat "$BUNDLE/out")" from-guest
    done
  done
  expect "$(templates)" 2
}

@test "another shape is another template, and the oldest of more than four go" {
  local memory
  for memory in 256 288 320 352 384; do
    run -0 --separate-stderr templated kata_do --memory "$memory" -- awk '/MemTotal/ { print $2 }' /proc/meminfo
    [ "$output" -le $((memory * 1024)) ]
    [ "$output" -gt $(((memory - 64) * 1024)) ]
  done
  expect "$(templates)" 4
}

unfinished() { [ -n "$(find "$TEMPLATES" -name 'unfinished-*' 2>/dev/null)" ]; }
machine_of() { pgrep -P "$1" qemu; }

@test "a maker killed half-way: the next machine boots or makes it, and nothing is left" {
  KATA_CONF_FILE=$CONFIGURATION "$KATA_RUNTIME" --root "$KATA_ROOT" factory init 3>&- &
  local maker=$! machine
  eventually machine_of "$maker"
  machine=$(machine_of "$maker")
  kill -KILL "$maker"
  eventually is_gone "$machine"
  unfinished
  run -0 templated kata_do -- true
  expect "$(templates)" 1
  run ! unfinished
}

@test "somebody else makes the template: the machine boots" {
  mkdir -p "$TEMPLATES"
  exec 8<"$TEMPLATES"
  flock 8
  run -0 --separate-stderr logged -- echo fine
  exec 8<&-
  holds "$(cat "$BATS_TEST_TMPDIR/log")" 'the machine boots.*somebody else is making a template'
  expect "$output" fine
  expect "$(templates)" 0
}

@test "many at once go on from one template" {
  factory init
  local number clones=()
  exec 8<"$TEMPLATES"
  flock 8 # nobody needs the lock for what is there
  for number in 0 1 2 3; do
    templated kata_do --timing -- echo "clone $number" >"$BATS_TEST_TMPDIR/out.$number" 2>"$BATS_TEST_TMPDIR/err.$number" &
    clones+=($!)
  done
  for number in 0 1 2 3; do
    wait "${clones[number]}"
    expect "$(cat "$BATS_TEST_TMPDIR/out.$number")" "clone $number"
    run ! grep -qE '^ *kernel ' "$BATS_TEST_TMPDIR/err.$number"
  done
  exec 8<&-
}

@test "a template that others can write to is not used: the machine boots" {
  factory init
  chmod 777 "$TEMPLATES"/*
  run -0 --separate-stderr logged --timing -- true
  holds "$stderr" 'kernel '
  holds "$(cat "$BATS_TEST_TMPDIR/log")" 'the machine boots.*others may write to it'
}

@test "no room for a template: the machine boots, the cause is in the log, nothing is left" {
  mkdir -p "$TEMPLATES"
  mount -t tmpfs -o size=4m,mode=0700 kata-test "$TEMPLATES"
  run -1 factory init
  holds "$output" "making a template in $TEMPLATES: .*No space left"
  run -0 --separate-stderr logged -- echo booted
  expect "$output" booted
  holds "$(cat "$BATS_TEST_TMPDIR/log")" 'the machine boots.*No space left'
  expect "$(ls -A "$TEMPLATES")" ""
  run -0 factory destroy
  umount "$TEMPLATES"
}

# What the host has seems less from in there; the template's shape must not depend on it.
@test "a container below a cpuset goes on from the same template as others" {
  local parent=/sys/fs/cgroup/cpuset/kt-$ID
  [ -d "${parent%/*}" ] || skip "needs version 1 of cgroups"
  configure '[hypervisor.qemu]' 'default_maxvcpus = 0' '[runtime]' 'sandbox_cgroup_only = true' 'static_sandbox_resource_mgmt = false'
  factory init
  mkdir "$parent"
  echo 0 >"$parent/cpuset.cpus"
  echo 0 >"$parent/cpuset.mems"
  busybox_bundle "$BUNDLE" true
  edit_config "$BUNDLE" '.linux.cgroupsPath = "/kt-\($id)/c"' --arg id "$ID"
  KATA_CONF_FILE=$CONFIGURATION run -0 --separate-stderr kata --log "$BATS_TEST_TMPDIR/log" run --bundle "$BUNDLE" "$ID" </dev/null
  rmdir "$parent"
  holds "$(cat "$BATS_TEST_TMPDIR/log")" 'goes on from a template'
  expect "$(templates)" 1
}

@test "a clone grows: processors and memory are plugged in" {
  configure '[hypervisor.qemu]' 'default_maxvcpus = 2' '[runtime]' 'static_sandbox_resource_mgmt = false'
  busybox_bundle "$BUNDLE" sleep 1000
  templated kata run --detach --bundle "$BUNDLE" "$ID" </dev/null
  expect "$(kata exec "$ID" nproc)" 1
  kata update --cpu-quota 200000 --cpu-period 100000 --memory 900000000 "$ID"
  expect "$(kata exec "$ID" nproc)" 2
  [ "$(kata exec "$ID" awk '/MemTotal/ { print $2 }' /proc/meminfo)" -gt $((900000000 / 1024)) ]
  expect "$(templates)" 1
  kata delete --force "$ID"
}

@test "a damaged template: an error that says what to do" {
  factory init
  local state
  state=$(echo "$TEMPLATES"/*/state)
  truncate -s 1000 "$state"
  run ! templated kata_do -- true
  holds "$output" 'going on from the saved machine'
  holds "$output" 'factory destroy'
}

@test "containerd: a clone, exec in it, its death, nothing left" {
  export KATA_CONF_FILE=$CONFIGURATION
  start_containerd
  import_images default
  for _ in 1 2; do
    ctr_ run --runtime io.containerd.kata.v2 --detach localhost/busybox:test "$ID" sleep 1000
    run -0 --separate-stderr ctr_ tasks exec --exec-id one "$ID" sh -c 'mount | grep " on / "; mkfifo /fifo && echo made'
    holds "$output" virtiofs
    holds "$output" made
    kill -KILL "$(qemu_pid "$ID")"
    eventually task_is "$ID" STOPPED
    ctr_ tasks delete "$ID" || true
    ctr_ containers delete "$ID"
  done
  expect "$(templates)" 1
}
