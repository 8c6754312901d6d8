# shellcheck shell=bash
# Install what the build and the tests need, from Debian's packages (./dev setup [PACKAGE]...: and these)

# One package a line: what for.
packages() {
  [ $# -eq 0 ] || printf '%s\n' "$@"
  sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$KATA_SOURCE/dev.d/packages.txt"
}

missing() {
  local name
  for name in $(packages "$@"); do
    dpkg-query -W -f '${db:Status-Abbrev}' "$name" 2>/dev/null | grep -q '^ii' || echo "$name"
  done
}

wanted=$(missing "$@" | tr '\n' ' ')
[ -n "$wanted" ] || return 0
command -v apt-get >/dev/null || die "this is not Debian; install by hand: $wanted"
say "installing $(wc -w <<<"$wanted") packages: $wanted"
quietly "$KATA_BUILD_DIR/log/apt-update.log" as_root apt-get update
# shellcheck disable=SC2086
quietly "$KATA_BUILD_DIR/log/apt-install.log" as_root env DEBIAN_FRONTEND=noninteractive \
  apt-get install -y --no-install-recommends $wanted
