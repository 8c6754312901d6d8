# shellcheck shell=bash disable=SC2034
# CRI-O, without the C libraries that its images' file systems and signatures would need; its pinns is in C.
tags="containers_image_ostree_stub exclude_graphdriver_btrfs btrfs_noversion containers_image_openpgp"
source_of() { (cd "$folder" && "$go" mod download -json "$1" | jq -er .Dir); }
# NRI with what nri/resources.go says is missing.
with_nri() {
  local copy=$KATA_CACHE_DIR/engines/.nri-$name
  rm -rf "$copy"
  cp -r --no-preserve=mode "$(source_of github.com/containerd/nri)" "$copy" && cp "$folder/nri/resources.go" "$copy/pkg/api/cri.go" || return
  cp "$folder/go.sum" "$copy/engine.sum"
  cp "$folder/go.mod" "$copy/engine.mod"
  "$go" mod edit -replace "github.com/containerd/nri=$copy" "$copy/engine.mod" || return
  echo "$copy/engine.mod"
}
modfile=$(with_nri) || return
and_also() { cc -O2 -o "$1/pinns" "$(source_of github.com/cri-o/cri-o)"/pinns/src/*.c; }
