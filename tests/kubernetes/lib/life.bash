# shellcheck shell=bash
# A pod's life as kubectl shows it: run, exec, logs, cp, attach, port-forward, describe.

life() {
  space
  {
    pod web "" "name: web, command: [sh, -c, 'mkdir /www; echo page >/www/index.html; echo started; exec httpd -f -p 8080 -h /www']" \
      "name: other, command: [sleep, '100000']"
    echo ---
    pod typed "restartPolicy: Never" "name: main, stdin: true, stdinOnce: true, command: [sh, -c, 'cat; echo the input ended']"
    echo ---
    pod ends "restartPolicy: Never" "name: ends, command: [sh, -c, 'for i in 1 2 3 4 5 6; do echo line \$i; sleep 0.5; done; echo last words >/dev/termination-log; exit 4']"
  } | made
  must eventually k logs ends
  row logs-follow followed ends
  row ended eventually says ends '{.status.phase}' Failed
  row termination told ends '{.status.containerStatuses[0].state.terminated.exitCode} {.status.containerStatuses[0].state.terminated.reason} {.status.containerStatuses[0].state.terminated.message}'
  row exec-ended k exec ends -- true
  must ready web
  row exec inside web/web 'echo out; echo err >&2; id -u; hostname'
  row exec-status inside web/web 'exit 3'
  row exec-signal inside web/web 'kill -9 $$'
  row exec-missing k exec web -c web -- no-such-program
  row exec-stdin stdin_arrives
  row exec-no-container k exec web -c nobody -- true
  row logs k logs web -c web
  row logs-tail k logs ends --tail 2
  must ready typed
  row attach piped 'typed words' k attach -i -q typed
  row attached eventually says typed '{.status.phase}' Succeeded
  row attached-logs k logs typed
  row cp-in copied_in
  row copied-in inside web/web 'sha256sum </tmp/copy; stat -c %a /tmp/copy'
  row cp-out copied_out
  row cp-missing missing_copied
  row port-forward forwarded # also when it is asked again
  row describe described web
  row events events_of web
  row stats eventually has_stats web
  row stats-of has_stats web
  leave
}

followed() { k logs -f "$1" | sed 's/^/got /' && [ "${PIPESTATUS[0]}" = 0 ]; }
stdin_arrives() { head -c 5000000 /dev/zero | tr '\0' x | k exec -i web -c web -- sha256sum; }
copied_in() {
  head -c 3000000 /dev/zero | tr '\0' y >"$ROWS/copy"
  chmod 640 "$ROWS/copy"
  k cp "$ROWS/copy" web:/tmp/copy -c web
}
copied_out() { k cp web:/tmp/copy "$ROWS/copied" -c web >/dev/null && cmp "$ROWS/copy" "$ROWS/copied"; }

# missing_copied: kubectl may leave before the second line of tar's.
missing_copied() { k cp web:/no/such/file "$ROWS/missing" -c web | head -n 1; }

# forwarded: the page by way of kubectl port-forward.
forwarded() {
  local port forward
  k port-forward pod/web :8080 >"$ROWS/forward" 2>&1 &
  forward=$!
  eventually grep -q 'Forwarding from 127' "$ROWS/forward"
  port=$(sed -n 's/^Forwarding from 127.0.0.1:\([0-9]*\) .*/\1/p' "$ROWS/forward")
  eventually fetched "http://127.0.0.1:$port/"
  fetched "http://127.0.0.1:$port/" && fetched "http://127.0.0.1:$port/"
  kill "$forward"
}

# described POD: without what differs in every run.
described() {
  k describe pod "$1" | grep -E '^(Runtime Class Name|Status|QoS Class|Tolerations)|^    (State|Ready|Restart Count|Command|Image):|Started container' |
    sed -E 's/  .* (Started container)/ \1/'
}

# has_stats POD: kubelet knows what its containers use.
has_stats() {
  kubectl_ get --raw /api/v1/nodes/node/proxy/stats/summary |
    jq -er --arg space "$C" --arg pod "$1" '.pods[] | select(.podRef.namespace == $space and .podRef.name == $pod) |
      .containers | sort_by(.name)[] | select(.memory.workingSetBytes > 0 and .cpu.usageCoreNanoSeconds > 0) | .name'
}
