# shellcheck shell=bash
# Measure shared file systems against the host's own (./dev bench-storage [RUNS], default 3; raw data in build/bench/)

runs=${1:-3}
bench=$KATA_BUILD_DIR/bench
dev build
dev image
[ "$(id -u)" -eq 0 ] || { as_root env KATA_BUILD_DIR="$KATA_BUILD_DIR" KATA_CACHE_DIR="$KATA_CACHE_DIR" "$KATA_SOURCE/dev" bench-storage "$@"; return; }
mkdir -p "$bench"
root=$(mktemp -d /tmp/kata-bench-XXXXXX)
work=$(mktemp -d "$bench/files-XXXXXX")
trap 'rm -rf "$root" "$work"' EXIT

# A root file system that has the host's programs.
mkdir -p "$root/rootfs"/{usr,etc,dev,proc,sys,tmp,data,tree,bench}
for name in bin sbin lib lib64; do ln -s "usr/$name" "$root/rootfs/$name"; done

# The tree: as many files as a middling project has.
mkdir -p "$work/tree"
(
  cd "$work/tree" || exit
  git init -q .
  for directory in $(seq 1 50); do
    mkdir "d$directory"
    for file in $(seq 1 60); do echo "$directory $file" >"d$directory/f$file"; done
  done
  git add .
  git -c user.name=bench -c user.email=bench@localhost commit -qm tree
)

# on MODE: one run, as lines "name value".
on() {
  rm -rf "$work/data"
  mkdir "$work/data"
  if [ "$1" = host ]; then
    python3 "$KATA_SOURCE/tests/bench/files.py" "$work/data" "$work/tree"
    return
  fi
  printf '[hypervisor.qemu]\n%b\n' "${settings[$1]}" >"$root/kata.toml"
  KATA_CONF_FILE=$root/kata.toml "$KATA_BUILD_DIR/bin/kata-runtime" --root "$root/run" "do" --memory 1024 --rootfs "$root/rootfs" \
    --volume /usr:/usr:ro --volume "$work/data:/data" --volume "$work/tree:/tree" --volume "$KATA_SOURCE/tests/bench:/bench:ro" -- \
    /usr/bin/python3 /bench/files.py /data /tree
}

declare -A settings=(
  [9p]='shared_fs = "virtio-9p"\nmsize_9p = 131072'
  [9p-512k]='shared_fs = "virtio-9p"\nmsize_9p = 512000'
  [virtio-fs]='shared_fs = "virtio-fs"'
  [virtio-fs-never]='shared_fs = "virtio-fs"\nvirtio_fs_cache = "never"'
)
modes=(host 9p 9p-512k virtio-fs virtio-fs-never)
rm -f "$bench"/storage-*.txt
for ((run = 0; run < runs; run++)); do
  for mode in "${modes[@]}"; do
    say "run $((run + 1)) of $runs: $mode"
    on "$mode" >>"$bench/storage-$mode.txt"
  done
done

# median MODE NAME
median() { awk -v name="$2" '$1 == name { print $2 }' "$bench/storage-$1.txt" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

printf '| median of %s |' "$runs"
printf ' %s |' "${modes[@]}"
printf '\n|---|'
printf -- '---|%.0s' "${modes[@]}"
echo
awk '!seen[$1]++ { print $1 }' "$bench/storage-host.txt" | while read -r name; do
  printf '| %s |' "$name"
  for mode in "${modes[@]}"; do printf ' %s |' "$(median "$mode" "$name")"; done
  echo
done
