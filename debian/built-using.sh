#!/bin/bash
# built-using.sh: whose sources are, as binaries, in kata-guest: the kernel, busybox, and what the agent is linked with.
set -euo pipefail

share=$KATA_BUILD_DIR/share/kata-containers
dpkg-query --show --showformat '${source:Package} (= ${source:Version}), ' \
  busybox-static libc6-dev "libstdc++-$(g++ -dumpversion | cut -d. -f1)-dev" libprotobuf-dev libseccomp-dev libcap-ng-dev
case $(readlink "$share/vmlinux.container") in
  vmlinux-own.container) version=$(cat "$("$KATA_SOURCE/dev" kernel --which)/source") ;;
  *) version=$(strings "$share/vmlinux.container" | sed -n 's/^Linux version .* Debian \([^ ]*\) (.*/\1/p' | head -n 1) ;;
esac
echo "linux (= ${version:?the kernel does not say of which version it is})"
