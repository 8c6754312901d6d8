#!/usr/bin/env bats
# Commands that need no virtual machine: version, features, spec, check, env, help.

setup() {
  load lib/kata
  load lib/bundle
  common_setup
}
teardown() { common_teardown; }

@test "version names the runtime and the OCI specification" {
  run -0 --separate-stderr kata --version
  holds "$output" 'kata-runtime'
  run -0 --separate-stderr kata version
  holds "$output" '[0-9]+\.[0-9]+\.[0-9]+'
}

@test "features is JSON and names only what works" {
  run -0 --separate-stderr kata features
  expect "$(jq -r '.ociVersionMin' <<<"$output")" 1.0.0
  holds "$(jq -c '.hooks' <<<"$output")" 'prestart|createRuntime'
  holds "$(jq -c '.linux.namespaces' <<<"$output")" 'mount'
  expect "$(jq -c '.linux.cgroup | [.v1, .v2, .systemd]' <<<"$output")" "[true,true,true]"
  expect "$(jq -r '.linux.seccomp.enabled' <<<"$output")" true
  # CRI-O asks the shim itself.
  expect "$("$KATA_BUILD_DIR/bin/containerd-shim-kata-v2" features)" "$output"
}

@test "spec writes a config.json that run accepts, and does not overwrite one" {
  mkdir -p "$BUNDLE"
  run -0 kata spec --bundle "$BUNDLE"
  expect "$(jq -r '.process.args | length > 0' "$BUNDLE/config.json")" true
  run ! kata spec --bundle "$BUNDLE"
  holds "$output" 'config.json'
}

@test "check says whether the host is capable, for people and for machines" {
  run -0 "$KATA_RUNTIME" check
  holds "$output" 'System is capable of running Kata Containers'
  holds "$output" 'System can currently create Kata Containers'
  run -0 unshare --user "$KATA_RUNTIME" check
  holds "$output" 'This user cannot create'
  run -0 --separate-stderr "$KATA_RUNTIME" check --json
  jq -e . <<<"$output" >/dev/null
}

@test "env tells the accelerator, the agent channel, and why" {
  run -0 --separate-stderr "$KATA_RUNTIME" env
  holds "$output" 'kvm|tcg'
  run -0 --separate-stderr "$KATA_RUNTIME" env --json
  jq -e . <<<"$output" >/dev/null
  holds "$output" 'vsock|virtio-serial'
}

@test "an unknown command, option and a missing argument are errors with status 1" {
  run ! kata frobnicate
  [ "$status" -lt 126 ]
  run ! kata state
  [ "$status" -lt 126 ]
  run ! kata list --no-such-option
  [ "$status" -lt 126 ]
}

@test "list of an empty root is empty, in both formats" {
  run -0 --separate-stderr kata list
  expect "$(wc -l <<<"$output")" 1
  run -0 --separate-stderr kata list --format json
  holds "$output" '^(\[\]|null)$'
  run -0 --separate-stderr kata list -q
  expect "$output" ""
}
