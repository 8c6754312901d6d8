# shellcheck shell=bash disable=SC2034
# Kubernetes and its etcd. Its go.mod replaces each staging module by the published one: in the module's own they are directories.
ldflags="-X k8s.io/component-base/version.gitVersion=v1.37.2 -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=37 -X k8s.io/client-go/pkg/version.gitVersion=v1.37.2"
and_also() { mv "$1/server" "$1/etcd"; }
