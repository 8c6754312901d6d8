# shellcheck shell=bash
# Make all that a release has, with checksums and an SBOM, in one folder (./dev release [OUT], default build/release)

# The packages, the tarball, the image of kata-deploy, its chart and its manifests, SHA256SUMS and an SPDX document. The same
# commit gives the same bytes, as far as compilers, libraries, busybox and the guest's kernel are the same: docs/packages.md.
. dev.d/release.bash
version=$(source_version)
out=$(realpath -m "${1:-$KATA_BUILD_DIR/release}")
sbom=kata-cpp-$version.spdx.json

# packed NAME DIRECTORY: a compressed tarball of the directory, as Helm wants it.
packed() {
  tar -C "$(dirname "$2")" --sort=name --mtime=@"$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX \
    --format=gnu -c "$(basename "$2")" | gzip -9n >"$1"
}

tests/check/version.sh >&2 || die "not every file is of version $version: run ./dev version $version"
rm -rf "$out"
mkdir -p "$out"
dev deb "$out" >/dev/null
dev tarball "$out" >/dev/null
dev deploy-image "$out" >/dev/null
packed "$out/kata-deploy-$version.tgz" deploy/helm/kata-deploy
for each in deploy/manifests/*.yaml; do install -m 644 "$each" "$out/$(basename "$each")"; done
say "writing the SBOM"
"$KATA_SOURCE/dev.d/sbom.py" --version "$version" --time "$SOURCE_DATE_EPOCH" --build "$KATA_BUILD_DIR" "$out"/* >"$out/.$sbom"
mv "$out/.$sbom" "$out/$sbom"
(cd "$out" && sha256sum -- * >.SHA256SUMS && mv .SHA256SUMS SHA256SUMS)
find "$out" -type f -printf '%p\n' | sort
say "check them: cd $out && sha256sum -c SHA256SUMS"
