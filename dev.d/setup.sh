# shellcheck shell=bash
# Install what the build and the tests need, from Debian's packages (./dev setup [PACKAGE]...: and these)

# Other systems get Debian 12's list, as a list of what to look for. Debian's testing has no number.
release=$(. /etc/os-release && [ "$ID" = debian ] && echo "${VERSION_ID:-99}" || echo 12)
packages() {
  [ $# -eq 0 ] || printf '%s\n' "$@"
  packages_of "$release"
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
