# shellcheck shell=bash
# A command in a running container, against runc in one of its own.

bench_exec() {
  local ours theirs
  start_container
  local commands=("${KATA[*]} exec $ID true")
  if runc --root "$RUN.runc" run --detach --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>"$BENCH/runc.err"; then
    commands+=("runc --root $RUN.runc exec $ID true")
  else
    echo "runc cannot run here: $(tail -n 1 "$BENCH/runc.err")"
  fi
  hyper exec $((RUNS * 3)) 2 "${commands[@]}"
  ours=$(hyper_median exec 0)
  figure exec "$ours" s "kata-runtime exec -- true"
  if [ ${#commands[@]} -gt 1 ]; then
    theirs=$(hyper_median exec 1)
    figure exec-runc "$theirs" s "runc exec true"
    figure exec-against-runc "$(ratio "$ours" "$theirs")" times "exec against runc"
    runc --root "$RUN.runc" delete --force "$ID"
  fi
  stop_container
}
