# shellcheck shell=bash
# How pods and containers end: out of memory, crashes, what cannot start, signals, volumes that are too full.

ends() {
  space
  {
    pod oom "restartPolicy: Never" "name: main, command: [dd, if=/dev/zero, of=/dev/null, bs=60M, count=1], resources: {limits: {memory: 32Mi}}" \
      "name: child, command: [sh, -c, 'dd if=/dev/zero of=/dev/null bs=60M count=1; echo child \$?'], resources: {limits: {memory: 32Mi}}"
    echo ---
    pod crash "" "name: main, command: [sh, -c, 'echo try; echo because >/dev/termination-log; sleep 1; exit 7']" "name: lives, command: [sleep, '100000']"
    echo ---
    pod missing "" "name: main, command: [no-such-program]"
    echo ---
    pod full "volumes: [{name: data, emptyDir: {sizeLimit: 8Mi}}]" \
      "name: main, command: [sh, -c, 'dd if=/dev/zero of=/data/file bs=1M count=24; exec sleep 100000'], volumeMounts: [{name: data, mountPath: /data}]"
  } | made
  graceful
  row oom eventually says oom '{.status.phase}' Failed
  row oom-main told oom '{range .status.containerStatuses[?(@.name=="main")]}{.state.terminated.reason} {.state.terminated.exitCode}{end}'
  row oom-child-logs has_inside_logs oom child child
  row crash eventually says crash '{.status.containerStatuses[?(@.name=="main")].restartCount}' 2
  row crash-last told crash '{range .status.containerStatuses[?(@.name=="main")].lastState.terminated}{.reason} {.exitCode} {.message}{end}'
  row crash-back-off eventually has_event crash BackOff
  row crash-previous eventually previous_says crash main try
  row crash-beside told crash '{.status.containerStatuses[?(@.name=="lives")].restartCount}'
  row missing eventually says missing '{.status.containerStatuses[0].lastState.terminated.reason}' StartError
  row missing-status told missing '{.status.containerStatuses[0].lastState.terminated.exitCode}'
  row missing-message message_of missing
  row evicted eventually says full '{.status.reason}' Evicted
  row evicted-message told full '{.status.message}'
  leave
}

previous_says() { k logs "$1" -c "$2" --previous | grep -x "$3"; }

# message_of POD: why it did not start, in short.
message_of() { told "$1" '{.status.containerStatuses[0].lastState.terminated.message}' | grep -o '"no-such-program": executable file not found in $PATH'; }

# graceful: what a pod says until it is gone.
graceful() {
  {
    pod polite "terminationGracePeriodSeconds: 30" "name: main, lifecycle: {postStart: {exec: {command: [sh, -c, 'echo after the start >/proc/1/fd/1']}}, preStop: {exec: {command: [sh, -c, 'echo before the stop >/proc/1/fd/1; sleep 1']}}}, command: [sh, -c, 'trap \"echo asked to; exit 0\" TERM; while :; do sleep 0.1; done']" |
      sed 's/terminationGracePeriodSeconds: 2, //'
    echo ---
    pod deaf "" "name: main, command: [sh, -c, 'trap \"echo not now\" TERM; while :; do sleep 0.1; done']"
  } | made
  must ready polite deaf
  k logs -f polite >"$ROWS/polite" 2>/dev/null &
  k logs -f deaf >"$ROWS/deaf" 2>/dev/null &
  must eventually grep after "$ROWS/polite"
  row polite-goes k delete pod polite --timeout 60s
  row polite-said cat "$ROWS/polite"
  row deaf-goes k delete pod deaf --timeout 60s
  row deaf-said eventually grep 'not now' "$ROWS/deaf"
}
