#!/usr/bin/env bats
# What goes wrong with KVM and vsock on real machines: each is named, with what mends it, and what can work does.

setup() {
  load ../integration/lib/kata
  load ../integration/lib/bundle
  load lib/testbed
  testbed_setup
}
teardown() {
  restore_modules
  common_teardown
}

# svme on|off: AMD's switch that a hypervisor sets while it uses the processor (EFER, bit 12), on every processor. KVM
# takes it for another hypervisor's, as when VirtualBox runs.
svme() {
  modprobe msr
  python3 - "$1" <<'PY'
import glob, os, struct, sys
EFER, SVME = 0xC0000080, 1 << 12
for path in glob.glob("/dev/cpu/*/msr"):
    msr = os.open(path, os.O_RDWR)
    value, = struct.unpack("Q", os.pread(msr, 8, EFER))
    value = value | SVME if sys.argv[1] == "on" else value & ~SVME
    os.pwrite(msr, struct.pack("Q", value), EFER)
PY
}

# is_refused PATTERN: with accelerator = "kvm", both check and do say PATTERN, and do starts nothing.
is_refused() {
  config 'accelerator = "kvm"'
  run ! "$KATA_RUNTIME" check
  holds "$output" "^\[error\] accelerator: accelerator = \"kvm\" is configured, but .*$1"
  run ! kata_do -- true
  holds "$output" "$1"
  holds "$output" 'accelerator = "auto"'
}

@test "/dev/kvm without permission: says so, and who may use it" {
  chmod 600 /dev/kvm
  run -0 as_nobody "$KATA_RUNTIME" check
  holds "$output" '\[warning\] accelerator: tcg: no permission to open /dev/kvm; guests are emulated'
  holds "$output" 'fix: run chmod a\+rw /dev/kvm'
  # As udev makes it.
  chgrp 4242 /dev/kvm
  chmod 660 /dev/kvm
  run -0 as_nobody "$KATA_RUNTIME" check
  holds "$output" 'fix: run usermod -aG kvm'
  chmod 666 /dev/kvm
  run -0 as_nobody "$KATA_RUNTIME" check
  holds "$output" '\[ok\] accelerator: kvm'
  chmod 600 /dev/kvm
  config 'accelerator = "kvm"'
  chmod 755 "$BATS_TEST_TMPDIR" "$BATS_RUN_TMPDIR"
  run ! as_nobody "$KATA_RUNTIME" check
  holds "$output" 'accelerator = "kvm" is configured, but no permission to open /dev/kvm'
}

@test "/dev/kvm in use by another hypervisor: says so, and falls back" {
  svme on
  run -0 verdict accelerator
  holds "$output" "tcg: another hypervisor uses the processor's virtualisation; guests are emulated"
  holds "$output" 'fix: stop VirtualBox, VMware or Xen'
  is_refused "another hypervisor uses the processor's virtualisation"
  svme off
  unset KATA_CONF_FILE
  run -0 verdict accelerator
  holds "$output" '\[ok\] accelerator: kvm'
}

@test "/dev/kvm missing: names the module, and falls back" {
  modprobe -r kvm_amd
  [ ! -e /dev/kvm ]
  run -0 verdict accelerator
  holds "$output" 'tcg: /dev/kvm is missing: the module kvm_amd is not loaded; guests are emulated'
  holds "$output" 'fix: run modprobe kvm_amd'
  run -0 --separate-stderr "$KATA_RUNTIME" env --json
  expect "$(jq -r .Host.Accelerator.Name <<<"$output")" tcg
  expect "$(jq -r .Host.Accelerator.TimeoutFactor <<<"$output")" 10
  is_refused '/dev/kvm is missing: the module kvm_amd is not loaded'
}

@test "/dev/kvm is another kind of file: KVM is not chosen" {
  rm /dev/kvm
  mknod /dev/kvm c 1 3
  run -0 verdict accelerator
  holds "$output" '\[warning\] accelerator: tcg: /dev/kvm'
  is_refused '/dev/kvm'
  rm /dev/kvm
  mknod /dev/kvm c 10 232
  unset KATA_CONF_FILE
  run -0 verdict accelerator
  holds "$output" '\[ok\] accelerator: kvm'
}

@test "no vhost_vsock: virtio-serial over KVM, and says so; forced vsock is an error" {
  modprobe -r vhost_vsock
  [ ! -e /dev/vhost-vsock ]
  run -0 verdict 'agent channel'
  holds "$output" '\[note\] agent channel: virtio-serial: /dev/vhost-vsock is missing: the module vhost_vsock is not loaded'
  holds "$output" 'fix: run modprobe vhost_vsock'
  run -0 --separate-stderr timeout -k 10 "$KATA_LIMIT" "$KATA_RUNTIME" --root "$KATA_ROOT" --log "$BATS_TEST_TMPDIR/log" "do" -- \
    cat /sys/devices/system/clocksource/clocksource0/current_clocksource
  expect "$output" kvm-clock
  holds "$(chosen "$BATS_TEST_TMPDIR/log")" 'accelerator=kvm .*channel=virtio-serial why_channel="/dev/vhost-vsock is missing'
  config 'agent_channel = "vsock"'
  run ! kata_do -- true
  holds "$output" 'agent_channel = "vsock" is configured, but /dev/vhost-vsock is missing'
  holds "$output" 'modprobe vhost_vsock'
}

@test "a /dev/vhost-vsock that no module serves: as if it were missing" {
  modprobe -r vhost_vsock
  # Distributions make the node in advance; opening it loads the module, where there is one.
  mknod /dev/vhost-vsock c 10 250
  run -0 verdict 'agent channel'
  holds "$output" 'virtio-serial: /dev/vhost-vsock'
  rm /dev/vhost-vsock
}

@test "/dev/vhost-vsock without permission: says so" {
  run -0 as_nobody "$KATA_RUNTIME" check
  holds "$output" '\[note\] agent channel: virtio-serial: no permission to open /dev/vhost-vsock'
  holds "$output" '\[note\] vhost-net: no permission to open /dev/vhost-net'
}

@test "no vhost_net: check names the module" {
  modprobe -r vhost_net
  run -0 verdict vhost-net
  holds "$output" '\[note\] vhost-net: /dev/vhost-net is missing: the module vhost_net is not loaded'
  holds "$output" 'fix: run modprobe vhost_net'
}
