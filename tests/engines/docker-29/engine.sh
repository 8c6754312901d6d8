# shellcheck shell=bash disable=SC2034
# Docker 29. Its command line is Debian 13's: that of Debian 12 speaks an API which is too old for it.
ldflags="-X github.com/moby/moby/v2/dockerversion.Version=29.0.0"
and_also() { debian_program trixie docker-cli usr/bin/docker "$1"; }
