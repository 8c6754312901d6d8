# shellcheck shell=bash
# Make the image of kata-deploy, an OCI archive (./dev deploy-image [OUT], default build/packages; docs/kubernetes.md)

# The installer with its libraries, and below /opt/kata-artifacts what it installs: no shell, no package manager.
. dev.d/release.bash
out=$(realpath -m "${1:-$KATA_BUILD_DIR/packages}")
version=$(source_version)
file=$out/kata-deploy-$version-amd64.oci.tar
reference=localhost/kata-deploy:$version

# libraries PROGRAM: the files that the dynamic linker needs for it.
libraries() { ldd "$1" | grep -oE '(=> )?/[^ ]+' | sed 's/^=> //'; }

# with_libraries NAME: the file of a library that programs load by name, and those that it needs.
with_libraries() {
  local file
  file=$(ldconfig -p | sed -n "s|.*$1 (.*x86-64.* => ||p" | head -n 1)
  echo "$file"
  libraries "$file"
}

# fill ROOT
fill() {
  local component library
  mkdir -p "$1"/{host,tmp,run,var,usr/bin,opt/kata-artifacts}
  ln -s ../run "$1/var/run" # where `docker run -v /var/run/dbus:/var/run/dbus` shall arrive
  chmod 1777 "$1/tmp"
  for component in runtime guest defaults; do
    DESTDIR=$1/opt/kata-artifacts quietly "$KATA_BUILD_DIR/log/deploy-image.log" \
      cmake --install "$KATA_BUILD_DIR" --prefix /opt/kata --component "$component"
  done
  rm -rf "${1:?}"/opt/kata-artifacts/opt/kata/share/{man,bash-completion}
  DESTDIR=$1 quietly "$KATA_BUILD_DIR/log/deploy-image.log" cmake --install "$KATA_BUILD_DIR" --prefix /usr --component deploy
  rm -rf "${1:?}/usr/share"
  ln -s kata-deploy "$1/usr/bin/kata-deploy-docker"
  { libraries "$KATA_BUILD_DIR/bin/kata-deploy"; with_libraries libsystemd.so.0; } | while read -r library; do
    install -D "$(readlink -f "$library")" "$1$library"
  done
  find "$1" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
}

# pack WORK
pack() {
  local layout=$1/oci work=$1 made
  made=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)
  umoci init --layout "$layout"
  umoci new --image "$layout:$version"
  umoci unpack --image "$layout:$version" "$work/bundle"
  fill "$work/bundle/rootfs"
  umoci repack --history.created "$made" --image "$layout:$version" "$work/bundle"
  umoci config --image "$layout:$version" --created "$made" --no-history --config.env PATH=/usr/bin --config.entrypoint kata-deploy --config.cmd install \
    --config.label org.opencontainers.image.version="$version"
  umoci gc --layout "$layout" # of the steps before, which have times of their own
  # By this name `ctr images import` and others know it.
  jq --arg name "$reference" '.manifests[].annotations += {"io.containerd.image.name": $name}' "$layout/index.json" >"$layout/index.new"
  mv "$layout/index.new" "$layout/index.json"
  tar -C "$layout" --sort=name --mtime=@"$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner -cf "$file.new" .
}

umask 022
dev build programs
dev image
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
say "packing"
(pack "$work") >&2
mv "$file.new" "$file"
echo "$file"
say "bring it to a node: ctr -n k8s.io images import $file"
