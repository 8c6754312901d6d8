# shellcheck shell=bash
# Containers that see each other, and containers that come later.

together() {
  space
  {
    pod shared "shareProcessNamespace: true" "name: one, command: [sh, -c, 'sleep 1001; echo woken; exec sleep 1002']" "name: two, command: [sleep, '2001']"
    echo ---
    pod single "" "name: target, command: [sleep, '3001']"
    echo ---
    pod double "" "name: target, command: [sleep, '4001']" "name: other, command: [sleep, '4002']"
  } | made
  must ready shared single double
  row processes inside shared/two 'ps -o args | grep "^sleep [12]" | sort'
  row kill-another inside shared/two 'kill $(ps -o pid,args | sed -n "s/^ *\([0-9]*\) sleep 1001$/\1/p")'
  row woken eventually has_inside_logs shared one woken
  row first-is-pause inside shared/one 'ps -o pid,args | grep -c "^ *1 sleep inf"'
  row alone inside double/other 'ps -o args | grep -c "^sleep 4001"'
  must k debug single --image "$IMAGE" --container aimed --target target --profile general -- sleep 3002
  row debug-target-runs eventually is_running single aimed
  row debug-target-sees inside single/aimed 'ps -o args | grep "^sleep 300" | sort; ls /proc/1/root/bin/busybox'
  must k debug single --image "$IMAGE" --container later --profile general -- sh -c 'echo a debugger; sleep 100000'
  row debug-logs eventually has_inside_logs single later debugger
  row debug-sees inside single/later 'ps -o args | grep -c "^sleep 3001"'
  must k debug double --image "$IMAGE" --container aimed --target target --profile general -- sleep 100000
  must eventually is_decided double aimed
  row debug-of-two is_decided double aimed
  row debugged told single '{.status.containerStatuses[*].restartCount}'
  leave
}

has_inside_logs() { k logs "$1" -c "$2" | grep "$3"; }
# ephemeral_state POD CONTAINER: running, or why it waits.
ephemeral_state() {
  k get pod "$1" -o json | jq -r --arg name "$2" '.status.ephemeralContainerStatuses[]? | select(.name == $name) | .state | .waiting.reason // keys[0]'
}
is_running() { [ "$(ephemeral_state "$1" "$2")" = running ]; }
is_decided() { ephemeral_state "$1" "$2" | grep -xE 'running|RunContainerError'; }
