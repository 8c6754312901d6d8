# shellcheck shell=bash
# How large the files and the idle processes are.

kib() { echo $(($(stat -Lc %s "$1") / 1024)); }

bench_sizes() {
  local kernel shim standin
  cp "$KATA_BUILD_DIR/bin/kata-agent" "$BENCH/agent" && strip "$BENCH/agent"
  promise agent-binary "$(kib "$BENCH/agent")" KiB "agent binary, stripped"
  for kernel in "${KERNELS[@]}"; do
    figure "kernel-$kernel" "$(kib "$KATA_SHARE/vmlinux-$kernel.container")" KiB "kernel, $kernel"
    promise "initrd-$kernel" "$(kib "$KATA_SHARE/kata-containers-initrd-$kernel.img")" KiB "initrd for the $kernel kernel"
  done
  start_container
  sleep 2
  shim=$(process_of containerd-shim-kata-v2 "$ID")
  standin=$("${KATA[@]}" state "$ID" | jq -r .pid)
  promise shim-resident "$(resident_kib "$shim")" KiB "idle shim, resident"
  promise standin-resident "$(resident_kib "$standin")" KiB "stand-in, resident"
  figure qemu-resident "$(resident_kib "$(process_of qemu-system "$ID")")" KiB "QEMU of an idle container, resident"
  promise guest-memory "$("${KATA[@]}" exec "$ID" awk '/MemTotal/ { t = $2 } /MemAvailable/ { a = $2 } END { print int((t - a) / 1024) }' /proc/meminfo)" \
    MiB "memory used in the idle guest"
  returned_pages
  stop_container
}

# What a container used and freed goes back to the host (free page reporting).
returned_pages() {
  local qemu full after
  qemu=$(process_of qemu-system "$ID")
  "${KATA[@]}" exec "$ID" sh -c 'dd if=/dev/zero of=/dev/shm/fill bs=1M count=60 2>/dev/null'
  full=$(resident_kib "$qemu")
  "${KATA[@]}" exec "$ID" rm /dev/shm/fill
  for ((tries = 0; tries < 60; tries++)); do
    after=$(resident_kib "$qemu")
    [ "$after" -gt $((full - 40960)) ] || break
    sleep 0.5
  done
  figure pages-returned $(((full - after) / 1024)) MiB "given back to the host of 60 MiB that were freed"
}
