#!/usr/bin/env bats
# The guest's own shell, as upstream's `kata-runtime exec SANDBOX` gives it.

setup() {
  load lib/kata
  load lib/bundle
  common_setup
}
teardown() { common_teardown; }

@test "debug console: exec without a command is a shell of the guest, where it is enabled" {
  printf '[agent.kata]\ndebug_console_enabled = true\n' >"$BATS_TEST_TMPDIR/kata.toml"
  export KATA_CONF_FILE=$BATS_TEST_TMPDIR/kata.toml
  busybox_bundle "$BUNDLE" sleep 10000
  kata run --detach --bundle "$BUNDLE" "$ID"
  # The container's process is not the first one there; the agent is.
  run -0 kata exec "$ID" < <(echo 'echo first=$(cat /proc/1/comm); exit')
  holds "$output" 'first=(init|kata-agent)'
  run -0 kata exec "$ID" < <(echo 'echo again=$((40 + 2))')
  holds "$output" 'again=42'
  kata delete --force "$ID"
}

@test "debug console: without it, exec without a command says what is missing" {
  busybox_bundle "$BUNDLE" sleep 10000
  kata run --detach --bundle "$BUNDLE" "$ID"
  run -255 --separate-stderr kata exec "$ID"
  holds "$stderr" 'there is no command'
  holds "$stderr" debug_console_enabled
  run -255 --separate-stderr kata exec "$ID-nobody"
  holds "$stderr" 'does not exist'
  kata delete --force "$ID"
}
