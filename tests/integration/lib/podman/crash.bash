# shellcheck shell=bash
# What ends although nobody asked it to end: conmon, the machine, its shim, the stand-in; and many containers at once.

has_ended() { is_like '{{.State.Status}}' "$C" exited; }
conmon_of() { pgrep -f "^/usr/bin/conmon .*$1"; }

# nothing_of_ours: neither a process nor a directory of this test's machines.
nothing_of_ours() {
  ! pgrep -af -- "(containerd-shim-kata-v2|qemu-system|virtiofsd).*$MARK" && [ -z "$(find /run/kata /run/kata-containers -name "*$MARK*" 2>/dev/null)" ]
}

# all_forgotten: Podman does not tell of what it removes without conmon; whoever makes the next container sees to that.
all_forgotten() {
  eventually nothing_of_ours
  p run --rm "$IMAGE" true
  expect "$(kata list --quiet)" ""
}

killed_one_by_one() {
  local C=killed id victim
  id=$(p run -d --name "$C" "$IMAGE")
  for victim in qemu_pid shim_pid standin_pid; do
    kill -9 "$("$victim" "$id")"
    eventually has_ended || { echo "after the end of $victim" >&2; return 1; }
    [ "$victim" = shim_pid ] || expect "$(inspected '{{.State.ExitCode}}' "$C")" 137 "after the end of $victim"
    p start "$C"
    expect "$(p exec "$C" echo again)" again "after the end of $victim"
  done
  p rm -f -t 0 "$C"
  all_forgotten
}

killed_and_removed_at_once() {
  local victim id
  for victim in qemu_pid shim_pid standin_pid conmon_of; do
    id=$(p run -d --name "$victim" "$IMAGE")
    kill -9 "$("$victim" "$id")"
    p rm -f -t 0 "$victim" || { echo "after the end of $victim" >&2; return 1; }
  done
  all_forgotten
}

ten_at_once() {
  local i each=()
  one() {
    local status=0
    p run --name "ten-$1" -m 64m "$IMAGE" sh -c "echo $1; exit $1" >"$PODMAN/out.$1" || status=$?
    echo "$status" >>"$PODMAN/out.$1"
  }
  for i in 0 1 2 3 4 5 6 7 8 9; do
    one "$i" 3>&- &
    each+=($!)
  done
  wait "${each[@]}"
  for i in 0 1 2 3 4 5 6 7 8 9; do expect "$(xargs <"$PODMAN/out.$i")" "$i $i" "container $i"; done
  p rm -f -t 0 -a
  all_forgotten
}
