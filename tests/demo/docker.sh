#!/usr/bin/env bash
# A tour: Docker with kata-runtime, as its users use it every day. Called by ./dev demo docker.
set -euo pipefail
# shellcheck source=tests/demo/tour.bash
. "$(dirname "$(readlink -f "$0")")/tour.bash"
# shellcheck source=tests/integration/lib/docker.bash
. lib/docker.bash

docker() { docker_ "$@"; }
# get URL: from the host's side.
get() { in_docker "$KATA_SHARE/busybox-rootfs/bin/busybox" wget -qO- "$1"; }

begin_tour stop_docker
step "a Docker with the runtimes runc and kata"
start_docker
show docker version --format 'client {{.Client.Version}}, server {{.Server.Version}}'
show docker info --format '{{json .Runtimes}}'

step "a container in a machine of its own (this host runs $(uname -r))"
show docker run --rm --runtime kata busybox uname -a
show docker run --rm --runtime kata -m 256m --cpus 2 busybox sh -c 'nproc; free -m; exit 0'
echo "words for a pipe" | show docker run --rm -i --runtime kata busybox tr a-z A-Z

step "a web server: its port, its log, its files"
mkdir "$DOCKER_HOME/pages"
echo "hello from the host" >"$DOCKER_HOME/pages/page.html"
show docker run -d --runtime kata --name web --hostname web -p 8080:80 -v "$DOCKER_HOME/pages:/pages:ro" busybox httpd -f -v -p 80 -h /pages
eventually get http://127.0.0.1:8080/page.html
show get http://127.0.0.1:8080/page.html
show docker ps --format 'table {{.Names}}\t{{.Status}}\t{{.Ports}}'
show docker logs web
show docker exec -t web sh -c 'hostname; tty; ip addr show eth0'
show docker cp "$DOCKER_HOME/pages/page.html" web:/etc/copied
show docker exec web cat /etc/copied
show docker top web
show docker diff web

step "new limits, a pause, a stop and a start"
show docker update --memory 160m --memory-swap 160m --cpus 1 web
show docker exec web cat /sys/fs/cgroup/memory.max
show docker pause web
show docker unpause web
show docker stop -t 1 web
show docker inspect --format '{{.State.Status}}, exit status {{.State.ExitCode}}' web
show docker start web
eventually get http://127.0.0.1:8080/page.html
show get http://127.0.0.1:8080/page.html

step "a network with names, and a container that shares the machine of another one"
show docker network create app
show docker network connect app web
show docker run --rm --runtime kata --network app busybox wget -qO- http://web/page.html
show docker run --rm --runtime kata --network container:web busybox wget -qO- http://127.0.0.1/page.html

step "everything down"
show docker rm -f -v web
show docker network rm app
end_tour
