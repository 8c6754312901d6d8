#!/usr/bin/env bats
# containerd as its users use it, beside runc: ctr, pods over CRI, what a crash leaves, `kata-runtime install`. KATA_CONTAINERD chooses which
# (containerd-1.7, containerd-2; otherwise Debian's); ./dev test engines asks each, and the tests of tests/integration, too.

setup() {
  load ../integration/lib/kata
  load ../integration/lib/containerd
  load ../integration/lib/pod
  load ../integration/lib/table
  common_setup
  DEBIAN_PATH=$PATH
  export CRI_OPTION='restrict_oom_score_adj = true' # for runc, where the machine has no CAP_SYS_RESOURCE
  start_containerd
  import_images default k8s.io
  ENGINE="containerd $(containerd --version | awk '{ print $3 }')"
  export ENGINE
}
teardown() {
  stop_containerd
  common_teardown
}

IMAGE=localhost/busybox:test
engine_log() { grep -v 'level=\(info\|debug\)' "$HOME_DIR/log" | tail -n 20; }
run_ctr() { ctr_ run --runtime "io.containerd.$RUNTIME.v2" "$@"; }

tasks() {
  local c=$C-$ID dir=$HOME_DIR/volume-$C
  mkdir "$dir"
  echo text >"$dir/file"
  row run run_ctr --rm --env A=b --cwd /new/place --user 5:6 --hostname box $IMAGE "$c" sh -c 'echo $A; pwd; id -u; id -g; hostname; exit 7'
  row run-signal run_ctr --rm $IMAGE "$c" sh -c 'sleep 100 & kill -9 $!; wait $!'
  row run-not-found run_ctr --rm $IMAGE "$c" no-such-program
  row run-no-access run_ctr --rm $IMAGE "$c" /etc/passwd
  row run-no-directory run_ctr --rm --mount type=bind,src=/no/such/place,dst=/data,options=rbind $IMAGE "$c" true
  row run-read-only run_ctr --rm --read-only --mount "type=bind,src=$dir,dst=/data,options=rbind:ro" $IMAGE "$c" \
    sh -c 'touch /file; touch /data/new; cat /data/file'
  row detached run_ctr --detach --memory-limit 134217728 --label one=label $IMAGE "$c" sleep 1000
  row is-running task_status "$c"
  row again run_ctr --detach $IMAGE "$c" sleep 1000
  row label label_of "$c"
  row exec exec_apart "$c"
  row exec-in ctr_ tasks exec --exec-id in --cwd /etc --user 7 "$c" sh -c 'pwd; id -u; exit 3'
  row exec-not-found ctr_ tasks exec --exec-id none "$c" no-such-program
  row exec-no-directory ctr_ tasks exec --exec-id dir --cwd /no/such/place "$c" pwd
  row processes processes_of "$c"
  row metrics metrics_of "$c"
  row pause ctr_ tasks pause "$c"
  row is-paused task_status "$c"
  row resume ctr_ tasks resume "$c"
  row delete-running ctr_ tasks delete "$c"
  row remove-running ctr_ containers delete "$c"
  row kill ctr_ tasks kill --signal KILL "$c"
  row has-stopped eventually task_is "$c" STOPPED
  row kill-stopped ctr_ tasks kill --signal KILL "$c"
  row exec-stopped ctr_ tasks exec --exec-id late "$c" true
  row metrics-stopped metrics_of "$c"
  row start-stopped ctr_ tasks start --detach "$c"
  row delete ctr_ tasks delete "$c"
  row start-again ctr_ tasks start --detach "$c"
  row by-force ctr_ tasks delete --force "$c"
  row remove ctr_ containers delete "$c"
  row events-are-there eventually has_all_events "$c"
  row events events_of "$c"
}

label_of() { ctr_ containers info "$1" | jq -r .Labels.one; }
exec_apart() {
  ctr_ tasks exec --exec-id apart "$1" sh -c 'echo out; echo err >&2; exit 4' 2>"$ROWS/apart"
  echo "status $?"
  grep -v DEPRECATION "$ROWS/apart" | sed 's/^/on stderr: /'
}
processes_of() { ctr_ tasks ps "$1" | wc -l; }
# metrics_of TASK: processes, the limit of its memory, and whether it has used processors and memory, in both versions of cgroups.
metrics_of() {
  ctr_ tasks metrics --format json "$1" | jq -c '[.pids.current, (.memory.usage.limit? // .memory.usage_limit),
    (.cpu.usage.total? // .cpu.usage_usec) > 0, (.memory.usage.usage? // .memory.usage) > 0]'
}
# events_of TASK: their kinds. Runc's shim tells some of them in any order, and with containerd 2.4 not all before it ends.
events_of() { grep -F "$1\"" "$HOME_DIR/events" | grep -o '/tasks/[a-z-]*' | sort -u; }
has_all_events() { [ "$RUNTIME" = runc ] || [ "$(count_events "$1" delete)" = "$(count_events "$1" create)" ]; }
count_events() { grep -F "$1\"" "$HOME_DIR/events" | grep -c "/tasks/$2"; }

@test "ctr, beside runc: run, exec, metrics, pause, kill, delete, events" {
  ctr --address "$CONTAINERD_SOCKET" events >"$HOME_DIR/events" 2>&1 3>&- &
  local listener=$!
  beside_runc tasks || { kill "$listener"; return 1; }
  kill "$listener"
}

pods() {
  local pod one two
  pod=$(run_pod "$C" . "$RUNTIME") || exit 1
  one=$(run_in "$pod" "$C" one -- sh -c 'trap "exit 4" TERM; echo out; echo err >&2; while :; do sleep 0.1; done') || exit 1
  two=$(run_in "$pod" "$C" two '.linux.resources.memory_limit_in_bytes = 134217728 | .envs = [{key: "A", value: "b"}] | .working_dir = "/new"' \
    -- sh -c 'mkdir /www; echo page >/www/index.html; exec httpd -f -p 127.0.0.1:8080 -h /www') || exit 1
  row pod cri_fields inspectp "$pod" '.status | .state, .metadata.name, (.network.ip != "")'
  row container cri_fields inspect "$one" '.status | .state, .exitCode, .reason, .message'
  row exec cri exec "$two" sh -c 'echo out; echo $A; pwd; hostname; exit 3'
  row exec-stderr stderr_of cri exec "$two" sh -c 'echo err >&2'
  row exec-not-found cri exec "$two" no-such-program
  row logs log_of "$one"
  row localhost cri exec "$two" wget -qO- http://127.0.0.1:8080/
  row forward eventually forwarded "$pod" 8080
  row forward-refused forwarded "$pod" 8081
  row stats eventually has_stats "$two"
  row update cri update "$two" "$(limits '{"memory_limit_in_bytes": 167772160}')"
  row updated cri exec "$two" sh -c 'cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null; true'
  row stop cri stop "$one" 30
  row stopped cri_fields inspect "$one" '.status | .state, .exitCode, .reason, .message'
  row exec-stopped cri exec "$one" true
  row remove cri rm "$one"
  row removed cri inspect "$one"
  one=$(run_in "$pod" "$C" oom '.linux.resources.memory_limit_in_bytes = 33554432' -- tail /dev/zero)
  row out-of-memory eventually container_is "$one" EXITED
  row out-of-memory-told eventually told "$one" OOMKilled
  row out-of-memory-status cri_fields inspect "$one" '.status | .exitCode, .reason'
  one=$(create_in "$pod" "$C" none -- no-such-program)
  row start-not-found cri start "$one"
  row not-found cri_fields inspect "$one" '.status | .state, .exitCode, .reason'
  row stop-pod cri stopp "$pod"
  row stopped-pod cri_fields inspectp "$pod" .status.state
  row killed cri_fields inspect "$two" '.status | .state, .exitCode, .reason'
  row remove-pod cri rmp "$pod"
  row removed-pod cri inspectp "$pod"
}

cri_fields() { cri "$1" "$2" | jq -c "$3"; }
stderr_of() { { "$@" >/dev/null; } 2>&1; }
log_of() { eventually grep -q err "$HOME_DIR/logs/$C/one.log" && cut -d ' ' -f 2- "$HOME_DIR/logs/$C/one.log" | sort; }
limits() { echo "$1" >"$ROWS/limits.json"; echo "$ROWS/limits.json"; }
forwarded() { printf 'GET /index.html HTTP/1.0\r\n\r\n' | cri forward "$1" "$2" | grep page; }
has_stats() { [ "$(cri stats "$1" | jq '.stats | (.cpu.usageCoreNanoSeconds.value | tonumber) > 0 and (.memory.workingSetBytes.value | tonumber) > 0')" = true ]; }
told() { [ "$(cri inspect "$1" | jq -r .status.reason)" = "$2" ]; }

@test "pods over CRI, beside runc: exec, logs, forwarded ports, statistics, limits, out of memory, ends" {
  beside_runc pods
}

kill_containerd() {
  kill -9 "$CONTAINERD"
  wait "$CONTAINERD" || true
}

@test "containerd is killed under a pod: output and statuses of meanwhile are there, and who was killed meanwhile has ended with 137" {
  local stays ends dies one two shim
  stays=$(run_pod stays)
  dies=$(run_pod dies)
  ends=$(run_pod ends)
  one=$(run_in "$stays" stays one -- sh -c 'i=0; while :; do echo tick $i; i=$((i+1)); sleep 0.2; done')
  two=$(run_in "$stays" stays two -- sh -c 'until [ -e /go ]; do sleep 0.1; done; echo last words; sleep 4; exit 9')
  dead=$(run_in "$dies" dies dead -- sleep 1000)
  ended=$(run_in "$ends" ends ended -- sleep 1000)
  eventually grep -q 'tick 5' "$HOME_DIR/logs/stays/one.log"
  cri exec "$two" touch /go &
  eventually logged_words
  kill_containerd # which would delete the task of one that has ended, before it writes down its status
  wait
  kill -9 "$(process_of qemu-system "$dies")"
  shim=$(process_of containerd-shim-kata-v2 "$ends")
  kill -9 "$shim"
  sleep 8 # so that the one that ends with 9 has no containerd to tell it
  resume_containerd
  eventually cri pods
  expect "$(cri exec "$one" echo ok)" ok
  eventually container_is "$two" EXITED
  expect "$(cri inspect "$two" | jq .status.exitCode)" 9
  eventually container_is "$dead" EXITED
  eventually container_is "$ended" EXITED
  expect "$(cri inspect "$dead" | jq .status.exitCode)" 137
  [ "$(cri inspect "$ended" | jq .status.exitCode)" -ne 0 ]
  eventually pod_is "$dies" NOTREADY
  eventually pod_is "$ends" NOTREADY
  eventually pod_is "$stays" READY
  local last
  last=$(grep -o '[0-9]*$' "$HOME_DIR/logs/stays/one.log" | tail -n 1)
  eventually grep -q "tick $((last + 10))\$" "$HOME_DIR/logs/stays/one.log"
  expect "$(grep -o 'tick [0-9]*' "$HOME_DIR/logs/stays/one.log" | head -n $((last + 10)))" \
    "$(for ((i = 0; i < last + 10; i++)); do echo "tick $i"; done)"
  remove_pod "$stays"
  remove_pod "$dies"
  remove_pod "$ends"
}
logged_words() { grep -q 'last words' "$HOME_DIR/logs/stays/two.log"; }

@test "Debian's containerd gives way to this one under a pod, which goes on, takes another container and is removed" {
  [ -n "${KATA_CONTAINERD:-}" ] || skip "this is Debian's"
  local pod one
  pause_containerd
  rm -rf "${HOME_DIR:?}"/{root,state}
  PATH=$DEBIAN_PATH resume_containerd
  PATH=$DEBIAN_PATH import_images k8s.io
  pod=$(run_pod old)
  one=$(run_in "$pod" old one -- sleep 1000)
  pause_containerd
  resume_containerd
  eventually pod_is "$pod" READY
  expect "$(cri exec "$one" echo ok)" ok
  eventually has_stats "$one"
  one=$(run_in "$pod" old two -- sleep 1000)
  expect "$(cri exec "$one" echo ok)" ok
  expect "$(pgrep -fc -- "qemu-system.*$pod")" 1 "machines"
  remove_pod "$pod"
}

@test "the sandbox API of containerd 2 is refused with what to set instead" {
  [[ $(containerd --version) != *' 1.'* ]] || skip "containerd 1.x has no sandboxer"
  pause_containerd
  printf '[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.%s]\n  runtime_type = "io.containerd.kata.v2"\n  sandboxer = "%s"\n' \
    by-shim shim by-containerd podsandbox >>"$HOME_DIR/config.toml"
  resume_containerd
  run ! run_pod refused . by-shim
  holds "$output" 'no sandbox API \(try: set sandboxer = "podsandbox"'
  remove_pod "$(run_pod taken . by-containerd)"
}

# without_kata: the configuration of before the runtime was installed.
without_kata() { write_containerd_config | sed -e '/default_runtime_name/d' -e '/runtimes.kata\]/,/container_annotations/d'; }

# own_etc: a host whose /etc/containerd is the test's; containerd runs there from here on.
own_etc() {
  mkdir -p "$HOME_DIR/etc"
  # shellcheck disable=SC2016
  unshare --mount --propagation slave -- sh -c 'mkdir -p /etc/containerd && mount --bind "$1/etc" /etc/containerd && touch "$1/ready" && exec sleep infinity' \
    sh "$HOME_DIR" </dev/null >/dev/null 2>&1 3>&- &
  OWN_ETC=$!
  eventually test -e "$HOME_DIR/ready"
  # shellcheck disable=SC2034
  CONTAINERD_HOST=(nsenter -t "$OWN_ETC" -m --)
}
with_own_etc() { nsenter -t "$OWN_ETC" -m -- env -u KATA_CONF_FILE "$@"; }
etc_files() { (cd "$HOME_DIR/etc" && find . -type f -exec sha256sum {} + | sort -k 2); }

@test "kata-runtime install: in a configuration of the oldest and of the newest version, a pod finds the runtime by its name; --undo" {
  local kind pod one before
  pause_containerd
  own_etc
  for kind in given migrated; do
    rm -rf "${HOME_DIR:?}"/etc/*
    without_kata >"$HOME_DIR/given.toml"
    cp "$HOME_DIR/given.toml" "$HOME_DIR/etc/config.toml"
    if [ "$kind" = migrated ]; then
      # 1.6 and 1.7 know no other.
      containerd --config "$HOME_DIR/given.toml" config migrate >"$HOME_DIR/migrated.toml" 2>/dev/null || continue
      cp "$HOME_DIR/migrated.toml" "$HOME_DIR/etc/config.toml"
    fi
    before=$(etc_files)
    run -0 with_own_etc "$KATA_RUNTIME" install containerd
    holds "$output" '^wrote '
    ln -sf /etc/containerd/config.toml "$HOME_DIR/config.toml"
    resume_containerd
    pod=$(run_pod named . kata)
    one=$(run_in "$pod" named one -- sleep 1000)
    [ "$(cri exec "$one" uname -r)" != "$(uname -r)" ]
    remove_pod "$pod"
    pod=$(run_pod runc)
    one=$(run_in "$pod" runc one -- sleep 1000)
    expect "$(cri exec "$one" uname -r)" "$(uname -r)"
    remove_pod "$pod"
    pause_containerd
    run -0 with_own_etc "$KATA_RUNTIME" install containerd --undo
    expect "$(etc_files)" "$before"
  done
  resume_containerd
  kill "$OWN_ETC"
}

@test "kata-runtime install: what containerd config default says is taken, and nothing of it is lost" {
  local root=$BATS_TEST_TMPDIR/root config dumped
  config=$root/etc/containerd/config.toml
  mkdir -p "${config%/*}"
  containerd config default >"$config"
  run -0 timeout 120 "$KATA_RUNTIME" install containerd --root "$root"
  dumped=$(containerd_dump "$root")
  holds "$dumped" 'io.containerd.kata.v2|runtime_type = ".*containerd-shim-kata-v2"'
  holds "$dumped" 'runtimes.runc'
  run -0 timeout 120 "$KATA_RUNTIME" install containerd --root "$root"
  holds "$output" 'nothing changed'
  run -0 timeout 120 "$KATA_RUNTIME" install containerd --root "$root" --undo
  expect "$(cat "$config")" "$(containerd config default)"
}
