# shellcheck shell=bash
# What the tests inside the testbed share, on top of what every integration test does.

# Elsewhere these tests would change the host's modules. That is a failure and not a test to skip.
require_testbed() {
  [ "${KATA_TESTBED:-}" = 1 ] || { echo "this runs on the testbed only: ./dev testbed -- bats tests/testbed" >&2; return 1; }
}

testbed_setup() {
  require_testbed
  common_setup
  export KATA_LIMIT=300
}

# config TEXT: a configuration with these lines in the table of QEMU, for the commands of this test.
config() {
  printf '[hypervisor.qemu]\n%s\n' "$1" >"$BATS_TEST_TMPDIR/configuration.toml"
  export KATA_CONF_FILE=$BATS_TEST_TMPDIR/configuration.toml
}

# verdict NAME: the line of `check` about NAME, and the fix under it.
verdict() { "$KATA_RUNTIME" check 2>&1 | grep -A 1 "^\[[a-z]*\] $1:"; }

# as_nobody CMD...: a user without any rights. The clone may lie where others have no business, so they find the build elsewhere.
as_nobody() {
  local build=/run/kata-build
  if [ ! -d "$build" ]; then
    mkdir "$build"
    mount --bind "$KATA_BUILD_DIR" "$build"
  fi
  setpriv --reuid 65534 --regid 65534 --clear-groups -- "${@/#$KATA_BUILD_DIR/$build}"
}

# chosen LOG: the line of a shim's log that says what was chosen, and why.
chosen() { grep -h 'accelerator and agent channel chosen' "$1"; }

# What the tests take away: back again.
restore_modules() {
  modprobe -a kvm_amd vhost_vsock vhost_net
  chown root:root /dev/kvm /dev/vhost-vsock
  chmod 600 /dev/kvm /dev/vhost-vsock
}
