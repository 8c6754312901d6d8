# shellcheck shell=bash
# Render the plain manifests from the chart, into deploy/manifests (./dev manifests [OUT])

# What `kubectl apply -f` takes where there is no Helm. The version of Kubernetes is that of Helm's build, and nothing in it differs by it.
out=${1:-$KATA_SOURCE/deploy/manifests}
programs=$(dev engines helm)
[ -n "$programs" ] || exit 1
mkdir -p "$out"

# render NAME [VALUE=...]...
render() {
  local name=$1 each sets=()
  shift
  for each in "$@"; do sets+=(--set "$each"); done
  {
    echo "# Made by \"./dev manifests\" from deploy/helm/kata-deploy${sets[*]:+, with ${sets[*]}}."
    "$programs/helm" template kata-deploy "$KATA_SOURCE/deploy/helm/kata-deploy" --namespace kube-system "${sets[@]}"
  } >"$out/$name.yaml"
}

render kata-deploy
for each in k3s rke2 k0s microk8s; do render "kata-deploy-$each" "k8sDistribution=$each"; done
