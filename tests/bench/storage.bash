# shellcheck shell=bash
# Shared file systems against the host's own, as a table. Takes minutes, so it runs only when it is asked for by name.

STORAGE_MODES=(host 9p 9p-512k virtio-fs virtio-fs-never)
declare -A STORAGE_SETTINGS=(
  [9p]='shared_fs = "virtio-9p"\nmsize_9p = 131072'
  [9p-512k]='shared_fs = "virtio-9p"\nmsize_9p = 512000'
  [virtio-fs]='shared_fs = "virtio-fs"'
  [virtio-fs-never]='shared_fs = "virtio-fs"\nvirtio_fs_cache = "never"'
)

# make_storage: a root file system that has the host's programs, and a work tree of as many files as a middling project has.
make_storage() {
  local name directory file
  mkdir -p "$BUNDLE/rootfs"/{usr,etc,dev,proc,sys,tmp,data,tree,bench} "$BUNDLE/tree"
  for name in bin sbin lib lib64; do ln -s "usr/$name" "$BUNDLE/rootfs/$name"; done
  git init -q "$BUNDLE/tree"
  for directory in $(seq 1 50); do
    mkdir "$BUNDLE/tree/d$directory"
    for file in $(seq 1 60); do echo "$directory $file" >"$BUNDLE/tree/d$directory/f$file"; done
  done
  git -C "$BUNDLE/tree" add .
  git -C "$BUNDLE/tree" -c user.name=bench -c user.email=bench@localhost commit -qm tree
}

# storage_once MODE: lines "name value". The data lies on the disk of the build directory.
storage_once() {
  local data=$BENCH/files-$ID
  rm -rf "$data"
  mkdir "$data"
  if [ "$1" = host ]; then
    python3 "$here/files.py" "$data" "$BUNDLE/tree"
  else
    printf '[hypervisor.qemu]\n%b\n' "${STORAGE_SETTINGS[$1]}" >"$BUNDLE/kata.toml"
    KATA_CONF_FILE=$BUNDLE/kata.toml "${KATA[@]}" "do" --memory 1024 --rootfs "$BUNDLE/rootfs" --volume /usr:/usr:ro --volume "$data:/data" \
      --volume "$BUNDLE/tree:/tree" --volume "$here:/bench:ro" -- /usr/bin/python3 /bench/files.py /data /tree
  fi
  rm -rf "$data"
}

storage_median() { awk -v name="$2" '$1 == name { print $2 }' "$BENCH/storage-$1.txt" | median; }

storage_table() {
  local name mode median
  printf '| median of %s |' "$RUNS"
  printf ' %s |' "${STORAGE_MODES[@]}"
  printf '\n|---|'
  printf -- '---|%.0s' "${STORAGE_MODES[@]}"
  echo
  awk '!seen[$1]++ { print $1 }' "$BENCH/storage-host.txt" | while read -r name; do
    printf '| %s |' "$name"
    for mode in "${STORAGE_MODES[@]}"; do
      median=$(storage_median "$mode" "$name")
      printf ' %s |' "$median"
      record "storage-$name-$mode" "$median" s
    done
    echo
  done
}

bench_storage() {
  local i mode
  make_storage
  rm -f "$BENCH"/storage-*.txt
  for ((i = 0; i < RUNS; i++)); do
    for mode in "${STORAGE_MODES[@]}"; do storage_once "$mode" >>"$BENCH/storage-$mode.txt"; done
  done
  storage_table
}
