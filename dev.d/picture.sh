# shellcheck shell=bash
# Draw the README's picture of a terminal from a run, docs/terminal.svg (./dev picture [TRANSCRIPT])

# The commands below are run, and what they print becomes docs/terminal.txt; that is drawn. TRANSCRIPT is only drawn, to stdout.
if [ $# -gt 0 ]; then exec "$KATA_SOURCE/dev.d/terminal.py" "$1"; fi

commands() {
  cat <<'END_OF_COMMANDS'
uname -r
kata-runtime do -- uname -r
kata-runtime run --detach --bundle ./web web
kata-runtime exec web ps
kata-runtime doctor --security web
kata-runtime overhead web | sed -n 2,4p
kata-runtime delete --force web
END_OF_COMMANDS
}

# bundle DIRECTORY: a container that serves a page.
bundle() {
  mkdir -p "$1"
  "$KATA_BUILD_DIR/bin/kata-runtime" spec --bundle "$1"
  jq '.process.terminal = false | .process.args = ["httpd", "-f", "-h", "/etc"]' "$1/config.json" >"$1/new"
  mv "$1/new" "$1/config.json"
  ln -s "$KATA_BUILD_DIR/share/kata-containers/busybox-rootfs" "$1/rootfs"
}

# shown COMMAND: it, and what it prints.
shown() {
  printf '$ %s\n' "$1"
  (cd "$work" && PATH=$KATA_BUILD_DIR/bin:$PATH bash -c "$1" </dev/null 2>&1) || die "the picture's command \"$1\" failed"
}

[ "$(id -u)" -eq 0 ] || die "the containers of the picture need root"
dev build programs
dev image
work=$(mktemp -d)
trap '"$KATA_BUILD_DIR/bin/kata-runtime" delete --force web; rm -rf "$work"' EXIT
bundle "$work/web"
title="kata-runtime with KVM"
if "$KATA_BUILD_DIR/bin/kata-runtime" check | grep -q 'accelerator: tcg'; then title="kata-runtime without hardware virtualisation"; fi
{
  echo "# $title"
  commands | while read -r line; do shown "$line"; done
} >"$work/transcript"
mv "$work/transcript" docs/terminal.txt
"$KATA_SOURCE/dev.d/terminal.py" docs/terminal.txt >docs/terminal.svg
say "drew docs/terminal.svg"
