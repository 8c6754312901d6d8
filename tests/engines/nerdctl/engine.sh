# shellcheck shell=bash disable=SC2034
# nerdctl, which has no containerd of its own.
ldflags="-X github.com/containerd/nerdctl/v2/pkg/version.Version=v2.2.2"
