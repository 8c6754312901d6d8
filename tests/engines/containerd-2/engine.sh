# shellcheck shell=bash disable=SC2034
# containerd 2: sandboxers, configuration versions 3 and 4.
