#!/usr/bin/env bats
# In another Debian (./dev os debian-13 -- bats tests/os/inside): what its user does first, with its own compiler, libraries,
# kernel and QEMU.

source_tree=$(readlink -f "$(dirname "$(readlink -f "$BATS_TEST_FILENAME")")/../../..")

setup() {
  load ../../integration/lib/kata
  bats_require_minimum_version 1.5.0
  [ -n "${KATA_OS:-}" ] || skip "this runs in ./dev os only"
}
teardown() { common_teardown; }

# The rooms that touch what differs between releases: toml++, QEMU, virtio-fs' daemon, kernel headers, libsystemd.
rooms="base sys config qemu virtiofsd systemd agent_container agent_spawn"

@test "dev run: everything is built, and the command runs on this Debian's kernel" {
  KATA_KERNEL=stock run -0 --separate-stderr timeout -k 10 1500 "$source_tree/dev" run -- uname -r
  local package
  package=$(basename "$(find "$KATA_CACHE_DIR/packages" -name 'linux-image-*.deb' | sort -V | tail -n 1)")
  package=${package#linux-image-}
  expect "$output" "${package%%_*}"
  case $KATA_OS in
    debian-12) holds "$output" '^6\.1\.' ;;
    debian-13) holds "$output" '^6\.12\.' ;;
  esac
}

@test "unit tests of the rooms that a release changes" {
  local room targets=()
  for room in $rooms; do targets+=("kata_${room}_test"); done
  run -0 "$source_tree/dev" build "${targets[@]}"
  for room in $rooms; do
    run -0 timeout -k 10 600 "$KATA_BUILD_DIR/tests/kata_${room}_test" --gtest_brief=1 --gtest_filter='-VirtiofsdTest.DebiansIsTheCOne' # it is Debian 12's
    holds "$output" 'PASSED'
  done
}

@test "virtio-fs with this Debian's daemon, and 9p" {
  common_setup
  local share
  mkdir "$BATS_TEST_TMPDIR/volume"
  for share in virtio-fs virtio-9p; do
    printf '[hypervisor.qemu]\nshared_fs = "%s"\n' "$share" >"$BATS_TEST_TMPDIR/configuration.toml"
    KATA_CONF_FILE=$BATS_TEST_TMPDIR/configuration.toml run -0 --separate-stderr kata_do --volume "$BATS_TEST_TMPDIR/volume:/volume" -- \
      sh -c "echo $share >/volume/written; stat -f -c %T /volume"
    expect "$(cat "$BATS_TEST_TMPDIR/volume/written")" "$share"
  done
}

@test "the container runtime's life of a container: create, start, exec, kill, delete" {
  common_setup
  load ../../integration/lib/bundle
  busybox_bundle "$BUNDLE" sleep 1000
  kata create --bundle "$BUNDLE" "$ID" >/dev/null
  kata start "$ID"
  run -0 --separate-stderr kata exec "$ID" echo here
  expect "$output" here
  kata kill "$ID" KILL
  eventually kata delete "$ID"
}
