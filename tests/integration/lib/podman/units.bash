# shellcheck shell=bash
# Podman and systemd: systemd as the workload, and containers as services, by the units that Podman writes.

# A Debian that boots with systemd: $SYSTEMD_ROOT.
workload() {
  must p run -d --name "$C" --systemd=always --hostname box --rootfs "$SYSTEMD_ROOT:O" /sbin/init
  row booted eventually inside 'systemctl is-system-running | grep -E "running|degraded"'
  row units-that-failed inside 'systemctl list-units --failed --plain --no-legend | grep -vE "docker|podman|containerd"'
  row units inside 'systemctl is-active basic.target multi-user.target dbus.socket systemd-journald.service'
  row service inside 'systemd-run --quiet --wait --pipe --service-type=exec sh -c "echo a service; cat /proc/1/comm; exit 4"'
  row limited inside 'systemd-run --quiet --unit=limited -p MemoryMax=50M -p TasksMax=20 sleep 1000'
  row limits inside 'systemctl show limited --value -p ActiveState -p MemoryMax -p TasksMax'
  row stopped inside 'systemctl stop limited; systemctl is-active limited'
  row environment inside 'hostname; cat /proc/1/comm; tr "\0" "\n" </proc/1/environ | grep container='
  row journal inside 'logger -t told a word; sleep 1; journalctl --no-pager -o cat -t told'
  row stop p stop -t 120 "$C"
  row ended inspected '{{.State.Status}} {{.State.ExitCode}}' "$C"
  row remove p rm "$C"
}

# told TEXT: what the service's manager has been told on NOTIFY_SOCKET.
told() { grep -q "^$1\$" "$ROWS/told"; }
listen() {
  rm -f "$ROWS/notify" "$ROWS/told"
  python3 "$(dirname "${BASH_SOURCE[0]}")/../notified.py" "$ROWS/notify" "$ROWS/told" &
  LISTENER=$!
  eventually test -S "$ROWS/notify"
}

# of_unit KEY: runs the unit's command, with the specifiers replaced, as systemd would. Podman 4.3 writes where its containers
# are into the first command only.
of_unit() {
  local words
  words=$(awk -v key="$1=" 'index($0, key) == 1 { on = 1; sub("^[^=]*=-?", "") } on { on = sub(/\\$/, ""); print }' "$ROWS/unit" |
    sed "s,%t/%[nN],$ROWS/service,g" | tr '\n' ' ')
  [ -n "$words" ] || return
  [[ $words == *--root* ]] || words=${words/podman/podman --root $PODMAN/root --runroot $PODMAN/run --tmpdir $PODMAN/tmp --storage-driver vfs}
  eval "CONTAINERS_CONF=$PODMAN/containers.conf NOTIFY_SOCKET=$ROWS/notify timeout -k 10 $KATA_LIMIT nsenter -t $HOST -m -n -- $words"
}

# as_a_service NAME: rows NAME-...: the unit is started, again in place of the old one, and stopped. Its process is conmon.
as_a_service() {
  local again
  for again in "" -again; do
    listen
    rm -f "$ROWS"/service* # ExecStartPre
    row "$1-start$again" quiet of_unit ExecStart
    row "$1-ready$again" eventually told READY=1
    row "$1-process$again" cat "/proc/$(sed -n 's/^MAINPID=//p' "$ROWS/told" | tail -n 1)/comm"
    kill "$LISTENER"
  done
  row "$1-runs" inspected '{{.State.Status}}' "$C"
  row "$1-stop" quiet of_unit ExecStop
  row "$1-stop-post" quiet of_unit ExecStopPost
  row "$1-gone" p ps -a --filter "name=$C\$" --format '{{.Names}} {{.State}}'
}
quiet() { "$@" >/dev/null; }

generated() {
  must p create --init --name "$C" "$IMAGE"
  p generate systemd --new --name "$C" >"$ROWS/unit"
  must grep -q -- "--runtime $RUNTIME run" "$ROWS/unit"
  must p rm "$C"
  as_a_service unit
}

quadlet() {
  mkdir -p "$ROWS/units"
  cat >"$ROWS/units/$C.container" <<UNIT
[Container]
Image=localhost/$IMAGE
ContainerName=$C
GlobalArgs=--root $PODMAN/root --runroot $PODMAN/run --tmpdir $PODMAN/tmp --storage-driver vfs --runtime $RUNTIME
PodmanArgs=--cgroups=no-conmon --health-interval disable
Exec=sleep 1000
RunInit=true
HealthCmd=test -e /etc/passwd
Environment=GREETING=hello
Tmpfs=/memory
[Install]
WantedBy=multi-user.target
UNIT
  QUADLET_UNIT_DIRS=$ROWS/units "$QUADLET" --dryrun >"$ROWS/unit" 2>>"$ROWS/log"
  cat "$ROWS/unit"
  must grep -q -- "^ExecStart=.* --runtime $RUNTIME run" "$ROWS/unit"
  as_a_service quadlet
}
