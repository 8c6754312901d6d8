# shellcheck shell=bash disable=SC2034
# containerd 1.7: the last one with the CRI plugin's old name and configuration.
