# shellcheck shell=bash
# A container's life.

life() {
  must p run -d --name "$C" --health-cmd 'test -e /tmp/healthy' --health-interval disable "$IMAGE" \
    sh -c 'trap "echo told; exit 3" TERM; echo begun; echo aside >&2; while :; do sleep 0.1; done'
  row unhealthy p healthcheck run "$C"
  row become-healthy inside 'touch /tmp/healthy'
  row healthy p healthcheck run "$C"
  row pause p pause "$C"
  row paused p ps -a --filter "name=^$C\$" --format '{{.Names}} {{.State}}'
  row paused-exec inside true
  row unpause p unpause "$C"
  row stop p stop "$C"
  row wait p wait "$C"
  row stopped inspected '{{.State.Status}} {{.State.ExitCode}} {{.State.OOMKilled}}' "$C"
  row logs p logs "$C"
  row logs-tail p logs --tail 1 "$C"
  row stopped-exec inside true
  must p start "$C"
  row kill p kill -s KILL "$C"
  row killed p wait "$C"
  must p rm "$C"
  row restart p run --name "$C" --restart=on-failure:1 "$IMAGE" sh -c 'echo again; exit 3'
  row restarted eventually is_like '{{.RestartCount}} {{.State.Status}} {{.State.ExitCode}}' "$C" '1 exited 3'
  row restarted-logs p logs "$C"
  row remove p rm "$C"
}

# A program that takes itself for systemd.
systemd() {
  must p run -d --name "$C" --systemd=always "$IMAGE" sh -c 'trap "exit 0" 37 # RTMIN+3, the signal to systemd
    own=$(sed -n "s,^[0-9]*:name=systemd:,/sys/fs/cgroup/systemd,p" /proc/self/cgroup)
    mkdir ${own:-/sys/fs/cgroup}/probe.slice && rmdir ${own:-/sys/fs/cgroup}/probe.slice && echo made >/run/cgroup
    while :; do sleep 0.1; done'
  row systemd-cgroup inside 'echo $container; for i in 1 2 3 4 5 6 7 8 9; do cat /run/cgroup 2>/dev/null && exit; sleep 1; done; exit 1'
  row systemd-mounts inside 'for each in /run /run/lock /tmp /var/log/journal; do awk -v p=$each "\$2 == p { print \$2, \$3 }" /proc/mounts; done'
  row systemd-signal inspected '{{.Config.StopSignal}}' "$C"
  row systemd-stop p stop -t 20 "$C"
  row systemd-stopped inspected '{{.State.Status}} {{.State.ExitCode}}' "$C"
  row systemd-unit p generate systemd --new --name --no-header "$C"
  row systemd-remove p rm "$C"
}
