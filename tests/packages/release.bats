#!/usr/bin/env bats
# ./dev release: one folder with all that a release has, its checksums and its SBOM, the same twice.

source_tree=$(readlink -f "$BATS_TEST_DIRNAME/../..")
: "${KATA_BUILD_DIR:=$source_tree/build}"
made=$(readlink -f "$KATA_BUILD_DIR")-release

setup_file() {
  rm -rf "$made"
  "$source_tree/dev" release "$made/first"
} >&2 3>&-

setup() {
  load ../integration/lib/kata
  load ../integration/lib/engines
  bats_require_minimum_version 1.5.0
  version=$("$source_tree/dev" version)
}
teardown_file() { rm -rf "$made"; }

@test "a release: these files, and checksums of all of them" {
  diff - <(find "$made/first" -mindepth 1 -printf '%f\n' | LC_ALL=C sort) <<END_OF_LIST
SHA256SUMS
kata-cpp-$version.spdx.json
kata-deploy-$version-amd64.oci.tar
kata-deploy-$version.tgz
kata-deploy-k0s.yaml
kata-deploy-k3s.yaml
kata-deploy-microk8s.yaml
kata-deploy-rke2.yaml
kata-deploy-tools_${version}_amd64.deb
kata-deploy.yaml
kata-guest_${version}_amd64.deb
kata-runtime_${version}_amd64.deb
kata-static-$version-amd64.tar.zst
END_OF_LIST
  cd "$made/first"
  sha256sum --check --strict --quiet SHA256SUMS
  expect "$(wc -l <SHA256SUMS)" 12
}

@test "its SBOM keeps SPDX 2.3's rules, and one that lies about a file or an element does not" {
  "$source_tree/tests/packages/sbom_check.py" "$made/first"
  local lying=$BATS_TEST_TMPDIR/lying each
  for each in '(.packages[] | select(.name == "kata-deploy.yaml") | .checksums[0].checksumValue) = "00"' \
    '.relationships[0].relatedSpdxElement = "SPDXRef-nobody"' '.packages |= map(select(.name != "busybox"))' '.spdxVersion = "SPDX-1.0"'; do
    rm -rf "$lying"
    cp -r "$made/first" "$lying"
    jq "$each" "$made/first/kata-cpp-$version.spdx.json" >"$lying/kata-cpp-$version.spdx.json"
    run ! "$source_tree/tests/packages/sbom_check.py" "$lying"
  done
}

@test "the chart's archive is the chart" {
  tar -C "$BATS_TEST_TMPDIR" -xzf "$made/first/kata-deploy-$version.tgz"
  diff -r "$BATS_TEST_TMPDIR/kata-deploy" "$source_tree/deploy/helm/kata-deploy"
  [ -n "$(engine_programs helm)" ] || skip "no helm: ./dev engines helm"
  use_engine helm
  diff <(helm template kata-deploy "$made/first/kata-deploy-$version.tgz" --namespace kube-system) <(tail -n +2 "$made/first/kata-deploy.yaml")
}

@test "the same commit gives the same release" {
  "$source_tree/dev" release "$made/again" >&2 3>&-
  diff -r "$made/first" "$made/again"
}
