# shellcheck shell=bash disable=SC2034
# What Docker 29 needs beside itself: a runc that knows time namespaces (Debian 12's does not), in part written in C; docker
# compose and docker-init, which are Debian 13's.
cgo=1
tags="seccomp"
and_also() {
  debian_program trixie docker-compose usr/libexec/docker/cli-plugins/docker-compose "$1" &&
    debian_program trixie tini usr/bin/tini-static "$1" && mv "$1/tini-static" "$1/docker-init"
}
