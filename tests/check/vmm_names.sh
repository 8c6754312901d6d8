#!/usr/bin/env bash
# vmm_names.sh [ROOT]: no source names a VMM outside of that VMM's own folder. Tests may, as may the documentation and
# the configuration that is shipped.
set -euo pipefail
cd "${1:-$(dirname "$(readlink -f "$0")")/../..}"

# The folders of hypervisor/ that hold a VMM.
vmms=(qemu)

# What may name one all the same, and why.
allowed() {
  case $1 in
    hypervisor/registry/registry.cc:*) return 0 ;;          # the list of what this program can start
    hypervisor/CMakeLists.txt:*) return 0 ;;                # builds it
    lib/base/log.h:* | lib/base/error.h:*) return 0 ;;      # examples in comments
    *"/usr/lib/qemu/virtiofsd"* | *"/usr/lib/qemu\`"*) return 0 ;; # where Debian 12 has virtio-fs' daemon
    *qemu-system-common*) return 0 ;;                       # and the package that it is in
  esac
  return 1
}

bad=0
for vmm in "${vmms[@]}"; do
  while read -r line; do
    [[ ${line%%:*} =~ _test\.cc$|_for_test\.h$|_fuzz\.cc$ ]] && continue
    allowed "$line" && continue
    echo "$line"
    echo "  names $vmm: only hypervisor/$vmm/ may; ask the driver (hypervisor/driver.h)"
    bad=1
  done < <(grep -rniE "$vmm" lib agent hypervisor runtime shim cli deploy \
    --include='*.cc' --include='*.h' --include='*.c' --include='CMakeLists.txt' | grep -v "^hypervisor/$vmm/" || true)
done
exit "$bad"
