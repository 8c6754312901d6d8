# shellcheck shell=bash
# What podman run and exec start, and what its options mean inside.

once() {
  row run-with-flags piped input p run --rm -i -e GREETING=hello -w /tmp -u 1000:1001 "$IMAGE" sh -c 'cat; echo $GREETING; pwd; id; exit 7'
  row run-no-access p run --rm "$IMAGE" /etc/passwd
  row run-not-found p run --rm "$IMAGE" no-such-program
  row run-no-directory p run --rm -w /no/such/directory "$IMAGE" pwd
  row run-read-only p run --rm --read-only "$IMAGE" sh -c 'touch /new; touch /tmp/new && echo written'
  row run-terminal-init p run --rm -t --init "$IMAGE" sh -c 'tty; cat /proc/1/cmdline | tr "\0" " "'
  row run-entrypoint p run --rm --entrypoint /bin/echo --security-opt no-new-privileges "$IMAGE" an entry point
}

options() {
  local cpus=0
  [ "$(nproc)" -eq 1 ] || cpus=0-1
  must p run -d --name "$C" --hostname named --add-host other:10.1.2.3 --tmpfs /memory:size=1m --shm-size 3m \
    --sysctl net.ipv4.ip_forward=1 --ulimit nofile=100:200 --ulimit nproc=300:400 --memory 200m --pids-limit 50 --cpuset-cpus "$cpus" \
    --cap-add SYS_TIME --cap-drop CHOWN --group-add 77 -e GREETING=hello -l some=label "$IMAGE"
  row exec-flags p exec -e MORE=1 -w /tmp -u 1000:1001 "$C" sh -c 'pwd; id; echo $GREETING $MORE; exit 9'
  row exec-stdin piped "to the process" p exec -i "$C" cat
  row exec-no-directory p exec -w /no/such/place "$C" pwd
  row exec-not-found p exec "$C" no-such-program
  row exec-no-access p exec "$C" /etc/passwd
  row names inside 'hostname; grep other /etc/hosts; id -G'
  row sizes inside 'df -k /memory /dev/shm | awk "{ print \$1, \$2, \$6 }"'
  row limits inside 'cat /proc/sys/net/ipv4/ip_forward; ulimit -Hn; nproc; grep Cap /proc/self/status'
  row memory limit_is memory/memory.limit_in_bytes memory.max
  row pids limit_is pids/pids.max pids.max
  must p exec -d "$C" sleep 55
  row top p top "$C" args
  row ps inside 'ps -o args | grep -c "^sleep"'
  row state inspected '{{.State.Status}} {{.HostConfig.Memory}} {{.Config.Hostname}} {{.Config.Labels}}' "$C"
  row stats p stats --no-stream --format '{{.Name}}' "$C"
  row update p update --memory 300m "$C"
  row updated-memory limit_is memory/memory.limit_in_bytes memory.max
}

inside() { p exec "$C" sh -c "$1"; }
inspected() { p inspect "$2" --format "$1"; }
is_like() { [ "$(inspected "$1" "$2")" = "$3" ]; }
# limit_is NAME-IN-V1 NAME-IN-V2: a limit of the container's cgroup.
limit_is() { inside "cat /sys/fs/cgroup/$1 /sys/fs/cgroup/$2 2>/dev/null"; }
