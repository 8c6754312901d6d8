# shellcheck shell=bash
# The engines that ./dev engines has built.

# engine_programs NAME: the directory of its programs, or nothing. Of several, the one that ./dev engines has named last.
engine_programs() {
  find "$KATA_CACHE_DIR/engines" -maxdepth 1 -type d -name "$1-????????????????" -printf '%T@ %p/bin\n' 2>/dev/null |
    sort -n | tail -n 1 | cut -d ' ' -f 2-
}

# use_engine NAME: its programs are found first from here on; the test is skipped where they are not there.
use_engine() {
  local programs
  programs=$(engine_programs "$1")
  [ -n "$programs" ] || skip "there is no $1: ./dev engines $1"
  export PATH=$programs:$PATH
}

# containerd_dump ROOT: what containerd makes of ROOT/etc/containerd/config.toml and what that imports, where they are on a host.
containerd_dump() {
  # shellcheck disable=SC2016
  unshare --mount --propagation slave -- sh -c 'mount --bind "$1/etc/containerd" /etc/containerd && exec containerd config dump' sh "$1" 2>/dev/null
}
