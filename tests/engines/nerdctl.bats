#!/usr/bin/env bats
# nerdctl with containerd 2, beside runc, and with the commands of docs/howto/nerdctl.md.

setup() {
  load ../integration/lib/kata
  load ../integration/lib/containerd
  load ../integration/lib/nerdctl
  load ../integration/lib/table
  common_setup
  KATA_CONTAINERD=${KATA_CONTAINERD:-containerd-2}
  export ENGINE=nerdctl
  start_nerdctl
}
teardown() {
  stop_nerdctl
  common_teardown
}

engine_log() { grep -v 'level=\(info\|debug\)' "$HOME_DIR/log" | tail -n 20; }
inside() { n exec "$C" sh -c "$1"; }
inspected() { n inspect -f "$1" "$2"; }
is_like() { [ "$(inspected "$1" "$2")" = "$3" ]; }
limit_is() { inside "cat /sys/fs/cgroup/$1 /sys/fs/cgroup/$2 2>/dev/null | cut -d ' ' -f 1"; }
packed() { echo "packed $1" >"$ROWS/packed"; echo "$ROWS/packed"; }

life() {
  local dir=$NERDCTL_HOME/volume-$C
  mkdir -p "$dir"
  echo text >"$dir/file"
  row run n run --rm --network none -e A=b -w /new/place -u 5:6 busybox sh -c 'echo "$A"; pwd; id -u; id -g; exit 7'
  row run-not-found n run --rm --network none busybox no-such-program
  row run-detached n run -d --name "$C" --network none --hostname box --read-only --tmpfs /scratch --shm-size 8m -v "$dir:/data" -v "$dir/file:/one:ro" \
    --cap-drop ALL --cap-add CHOWN --sysctl net.ipv4.ip_unprivileged_port_start=1000 --ulimit core=512000:1024000 --memory 128m --pids-limit 50 \
    --cpus 1.5 --security-opt no-new-privileges -l label=one busybox sh -c 'echo started; echo problem >&2; trap "exit 3" TERM; sleep 100000 & wait'
  row state inspected '{{.State.Status}} {{.State.Running}} {{.Config.Labels.label}}' "$C"
  row names inside 'hostname; ls /sys/class/net'
  row files inside 'echo x >/file; echo x >/one; echo x >/scratch/file && cat /scratch/file /one; df -k /dev/shm | tail -n 1 | awk "{ print \$2 }"'
  row volume inside 'echo from >/data/from-container'
  row volume-on-host cat "$dir/from-container"
  row capabilities inside 'grep -E "^(Cap|NoNewPrivs|Seccomp:)" /proc/self/status'
  row limits inside 'cat /proc/sys/net/ipv4/ip_unprivileged_port_start; grep core /proc/self/limits'
  row memory limit_is memory/memory.limit_in_bytes memory.max
  row pids limit_is pids/pids.max pids.max
  row logs eventually has_logs 1
  row logs-apart logs_apart
  row exec-flags piped_slowly input n exec -i -u 7:8 -w /data -e A=b "$C" sh -c 'cat; echo " $A"; pwd; id -u; id -g; exit 9'
  row exec-not-found n exec "$C" no-such-program
  row exec-no-directory n exec -w /no/such/place "$C" pwd
  row top top_of "$C"
  row stats stats_of "$C"
  row pause n pause "$C"
  row is-paused inspected '{{.State.Status}}' "$C"
  row unpause n unpause "$C"
  row update n update --memory 160m --pids-limit 60 "$C"
  row updated-memory limit_is memory/memory.limit_in_bytes memory.max
  row updated-pids limit_is pids/pids.max pids.max
  row remove-running n rm "$C"
  row stop n stop "$C"
  row stopped inspected '{{.State.Status}} {{.State.ExitCode}}' "$C"
  row exec-stopped inside true
  row start n start "$C"
  row kill n kill -s KILL "$C"
  row killed eventually is_like '{{.State.Status}} {{.State.ExitCode}}' "$C" 'exited 137'
  row logs-again eventually has_logs 2
  row logs-of-both logs_apart
  row remove n rm "$C"
  row removed n inspect "$C"
}

has_logs() { [ "$(n logs "$C" 2>&1 | grep -cE 'started|problem')" = $(($1 * 2)) ]; }
# piped_slowly TEXT COMMAND...: nerdctl forgets an end of its input that comes before the process has started.
piped_slowly() { (printf '%s' "$1"; sleep 5) | "${@:2}"; }
logs_apart() { n logs "$C" 2>"$ROWS/apart" && sed 's/^/on stderr: /' "$ROWS/apart"; }
top_of() { n top "$1" | awk 'NR > 1 { print $NF }' | wc -l; }
stats_of() { n stats --no-stream --format '{{.MemUsage}} {{.PIDs}}' "$1" | sed -E 's/[1-9][0-9.]*/N/g; s/[KM]iB/B/'; }

@test "nerdctl, beside runc: run, exec, logs, top, stats, pause, update, stop, kill, rm" {
  beside_runc life
}

copies() {
  n run -d --name "$C" --network none busybox sh -c 'mkdir /dir; echo one >/dir/file; sleep 100000' || exit 1
  row copy-in n cp "$(packed "$C")" "$C:/etc/second"
  row copied-in eventually inside 'cat /etc/second /dir/file'
  row copy-out copied_out /dir
  row copy-missing n cp "$C:/no/such/file" "$NERDCTL_HOME/"
  row diff diff_of "$C"
  row stop n stop -t 0 "$C"
  row copy-stopped n cp "$(packed "$C")" "$C:/third"
  row copied-stopped copied_out /third
  row commit n commit "$C" "image-$C"
  row committed n run --rm --network none "image-$C" cat /dir/file /third
  row remove n rm -f "$C"
}
copied_out() { rm -rf "$ROWS/copy"; n cp "$C:$1" "$ROWS/copy" && (cd "$ROWS" && find copy -type f | sort | xargs cat); }
diff_of() { n diff "$1" | sort; }

@test "nerdctl, beside runc: cp, diff, commit" {
  beside_runc copies
}

network() {
  local web=$C-web port=18080
  [ "$RUNTIME" = runc ] || port=18081
  n network create "$C" >/dev/null || exit 1
  row web n run -d --name "$web" --network "$C" -p "127.0.0.1:$port:80" busybox httpd -f -p 80 -h /etc
  row port-of-host eventually from_host 127.0.0.1 "$port"
  row port said "$port" n port "$web"
  row address eventually from_host "$(inspected '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' "$web")" 80
  row interfaces n exec "$web" sh -c 'ls /sys/class/net; ip route | grep -c default'
  row by-name n run --rm --network "$C" busybox wget -qO- "http://$web/passwd"
  row default-network n run --rm busybox sh -c 'ip -o -4 address show dev eth0 | wc -l; cat /etc/resolv.conf | grep -c nameserver'
  row container-network n run --rm --network "container:$web" busybox wget -qO- http://127.0.0.1/passwd
  row host-network n run --rm --network host busybox true
  row remove n rm -f "$web"
  row network-remove n network rm "$C"
}

# said TEXT COMMAND...: its words, in which TEXT is "it".
said() { "${@:2}" | sed "s/$1/it/"; }

# from_host ADDRESS PORT: what the web server there says.
from_host() {
  on_host timeout 20 bash -c 'exec 9<>"/dev/tcp/$0/$1" && printf "GET /passwd HTTP/1.0\r\n\r\n" >&9 && grep root <&9' "$1" "$2"
}

# Two that publish ports at the same time change the same chains of iptables, and one may lose its rule.
@test "nerdctl, beside runc: published ports, networks with names, another container's network" {
  one_after_the_other network
}

compose() {
  local dir=$NERDCTL_HOME/compose-$C
  mkdir "$dir"
  sed "s/@RUNTIME@/io.containerd.$RUNTIME.v2/" >"$dir/compose.yaml" <<'YAML'
services:
  web:
    image: busybox:latest
    pull_policy: never
    runtime: @RUNTIME@
    command: sh -c "mkdir /www; echo page >/www/index.html; exec httpd -f -p 80 -h /www"
    volumes: ["shared:/shared"]
  client:
    image: busybox:latest
    pull_policy: never
    runtime: @RUNTIME@
    depends_on: [web]
    command: sh -c "until wget -qO /shared/page http://web/; do sleep 1; done; sleep 100000"
    volumes: ["shared:/shared"]
volumes:
  shared:
YAML
  row up composed up -d
  row page eventually composed exec -T web cat /shared/page
  row services services
  row logs composed logs web
  row stop composed stop
  row down composed down -v
  row nothing n ps -aq --filter "label=com.docker.compose.project=$(project)"
}
project() { echo "$C" | tr -cd 'a-z0-9'; }
composed() { n compose -p "$(project)" -f "$NERDCTL_HOME/compose-$C/compose.yaml" "$@" 2>"$ROWS/compose.err"; }
services() { composed ps --format json | jq -r '.[] | .Service + " " + .State' | sort; }

@test "nerdctl compose, beside runc: two services, their names, a volume" {
  beside_runc compose
}

@test "the commands of docs/howto/nerdctl.md" {
  local words
  run -0 env PATH="$PATH" "$KATA_RUNTIME" install nerdctl --dry-run || holds "$output" 'ln -s'
  words=$(sed -n 's/^nerdctl run //p' "$BATS_TEST_DIRNAME/../../docs/howto/nerdctl.md" | head -n 1)
  [ -n "$words" ]
  # shellcheck disable=SC2086
  run -0 --separate-stderr nerdctl_ run --network none $words
  [ "${lines[0]}" != "$(uname -r)" ]
}
