# shellcheck shell=bash
# Make kata-static-VERSION-amd64.tar.zst, with everything below opt/kata (./dev tarball [OUT], default build/packages)

# Its layout and name are those of upstream's static release: docs/packages.md. The same commit gives the same bytes.
. dev.d/release.bash
out=$(realpath -m "${1:-$KATA_BUILD_DIR/packages}")
stage=$KATA_BUILD_DIR/tarball
file=$out/kata-static-$(source_version)-amd64.tar.zst

umask 022
dev build programs
dev image
rm -rf "$stage"
mkdir -p "$stage" "$out"
for component in runtime guest defaults deploy; do
  DESTDIR=$stage quietly "$KATA_BUILD_DIR/log/tarball.log" \
    cmake --install "$KATA_BUILD_DIR" --prefix /opt/kata --component "$component"
done
say "packing"
tar -C "$stage" --sort=name --mtime=@"$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner --format=gnu -c ./opt |
  zstd -q -19 -T"$(nproc)" >"$file.new"
mv "$file.new" "$file"
rm -rf "$stage"
echo "$file"
say "unpack it: tar -C / -xf $file"
