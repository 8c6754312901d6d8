#!/usr/bin/env bats
# The guest's clock follows the host's.

setup() {
  load lib/kata
  load lib/bundle
  common_setup
}
teardown() { common_teardown; }

# away: how many seconds the guest's clock is from the host's, at most: the time that asking took is taken off.
away() {
  local before guest after
  before=$(date +%s)
  guest=$(kata exec "$ID" date +%s)
  after=$(date +%s)
  if [ "$guest" -lt "$before" ]; then
    echo $((before - guest))
  elif [ "$guest" -gt "$after" ]; then
    echo $((guest - after))
  else
    echo 0
  fi
}

@test "clock: it is right at the start, and comes back when something in the guest has set it" {
  busybox_bundle "$BUNDLE" sleep 10000
  edit_config "$BUNDLE" '.process.capabilities |= map_values(. + ["CAP_SYS_TIME"])'
  kata run --detach --bundle "$BUNDLE" "$ID"
  right() { [ "$(away)" -le 1 ]; }
  eventually right
  # The guest's clock is the machine's own: a day ahead.
  kata exec "$ID" sh -c 'date -s "@$(($(date +%s) + 86400))"'
  [ "$(away)" -gt 80000 ] || right
  eventually right
  kata exec "$ID" sh -c 'date -s "@$(($(date +%s) - 86400))"'
  eventually right
  kata delete --force "$ID"
}
