# shellcheck shell=bash
# One cluster for all files of a run: starting it takes longer than most tests.

setup_suite() {
  load lib/all
  local each
  for each in containerd-2 kubernetes; do
    NO_CLUSTER="there is no $each: ./dev engines $each"
    export NO_CLUSTER
    [ -n "$(engine_programs "$each")" ] || return 0
    use_engine "$each"
  done
  NO_CLUSTER=""
  common_setup
  start_cluster
  BEFORE=$(on_node_inventory)
  export BEFORE
}

teardown_suite() {
  load lib/all
  [ -z "${NODE:-}" ] || stop_cluster
}
