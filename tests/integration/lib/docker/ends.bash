# shellcheck shell=bash
# How containers end, start again, and how well they are.

ends() {
  must d run -d --name "$C-again" --restart on-failure:1 --network none busybox sh -c 'exit 5'
  row out-of-memory d run --name "$C-oom" --network none -m 64m --memory-swap 64m busybox tail /dev/zero
  row out-of-memory-state inspected '{{.State.ExitCode}}' "$C-oom"
  row out-of-memory-told inspected '{{.State.OOMKilled}}' "$C-oom"
  must d run -d --name "$C-child" --network none -m 64m --memory-swap 64m busybox sh -c 'tail /dev/zero; exec sleep 1000'
  row out-of-memory-of-a-child eventually told_of_oom "$C-child"
  row out-of-memory-outlived inspected '{{.State.Running}}' "$C-child"
  row restarted eventually is_like '{{.RestartCount}} {{.State.Status}} {{.State.ExitCode}}' "$C-again" '1 exited 5'
  row remove-both d rm "$C-oom" "$C-again"
  row remove-child d rm -f "$C-child"
}

told_of_oom() { d events --since 0 --until "$(date +%s)" --filter container="$1" --filter event=oom | grep -q oom; }

health() {
  local begin
  begin=$(date +%s)
  must d run -d --name "$C" --restart always --health-cmd 'test -e /healthy && echo good' --health-interval 1s --health-retries 2 --network none busybox \
    sh -c 'echo begun; trap "exit 6" USR2; while :; do sleep 0.1; done'
  row unhealthy eventually is_like '{{.State.Health.Status}}' "$C" unhealthy
  row become-healthy inside 'touch /healthy'
  row healthy eventually is_like '{{.State.Health.Status}}' "$C" healthy
  row health-log inspected '{{with index .State.Health.Log 0}}{{.ExitCode}} {{.Output}}{{end}}' "$C"
  row restart-always-signal inside 'kill -USR2 1' # after "docker kill" nothing is started again
  row restarted-always eventually is_like '{{.RestartCount}} {{.State.Status}}' "$C" '1 running'
  row restarted-logs eventually has_line begun 2
  row update-restart d update --restart no "$C"
  row end inside 'kill -USR2 1'
  row ended eventually is_like '{{.State.Status}} {{.State.ExitCode}}' "$C" 'exited 6'
  row health-remove d rm "$C"
  row events told_since "$begin"
}

# in_any_order: dockerd says "stop" and "die" side by side, as it comes.
in_any_order() { sed -z 's/ 1 die\n 1 stop\n/ 1 stop\n 1 die\n/g'; }
# told_since BEGIN: the events of the group's container, but for the health checks', whose number is not known.
told_since() {
  d events --since "$1" --until "$(($(date +%s) + 1))" --filter type=container --filter "container=$C" --format '{{.Action}}' | grep -vE '^exec_|^health_status' | uniq -c | tr -s ' ' | in_any_order
}
