#!/usr/bin/env bash
# A tour: Podman with kata-runtime, as its users use it every day. Called by ./dev demo podman.
set -euo pipefail
# shellcheck source=tests/demo/tour.bash
. "$(dirname "$(readlink -f "$0")")/tour.bash"
# shellcheck source=tests/integration/lib/podman.bash
. lib/podman.bash

podman() { own_podman "$@"; }
# get URL: from the host's side.
get() { on_host "$KATA_SHARE/busybox-rootfs/bin/busybox" wget -qO- "$1"; }

begin_tour podman_teardown
step "a Podman with the runtimes runc and kata"
podman_setup
podman tag "$IMAGE" busybox
show podman --runtime kata info --format '{{.Version.Version}}, runtime {{.Host.OCIRuntime.Name}}: {{.Host.OCIRuntime.Version}}'

step "a container in a machine of its own (this host runs $(uname -r))"
show podman --runtime kata run --rm busybox uname -a
show podman --runtime kata run --rm -m 256m --cpus 2 busybox sh -c 'nproc; free -m; exit 0'
echo "words for a pipe" | show podman --runtime kata run --rm -i busybox tr a-z A-Z

step "a web server: its port, its log, its files"
mkdir "$PODMAN/pages"
echo "hello from the host" >"$PODMAN/pages/page.html"
show podman --runtime kata run -d --name web --hostname web -p 8080:80 -v "$PODMAN/pages:/pages:ro" busybox httpd -f -v -p 80 -h /pages
eventually get http://127.0.0.1:8080/page.html
show get http://127.0.0.1:8080/page.html
show podman ps --format 'table {{.Names}}\t{{.Status}}\t{{.Ports}}'
show podman logs web
show podman exec -t web sh -c 'hostname; tty; ip addr show eth0'
show podman cp "$PODMAN/pages/page.html" web:/etc/copied
show podman exec web cat /etc/copied
show podman top web
show podman diff web

step "a pause, a stop and a start"
show podman pause web
show podman unpause web
show podman stop -t 1 web
show podman start web
eventually get http://127.0.0.1:8080/page.html
show get http://127.0.0.1:8080/page.html
show podman rm -f -t 0 web

step "a pod is one machine: its containers share localhost"
show podman --runtime kata pod create --name shop
show podman --runtime kata run -d --pod shop --name server busybox sh -c 'mkdir /www; echo hello from the pod >/www/index.html; exec httpd -f -p 8080 -h /www'
eventually podman --runtime kata run --rm --pod shop busybox wget -qO- http://127.0.0.1:8080/
show podman --runtime kata run --rm --pod shop busybox wget -qO- http://127.0.0.1:8080/
show podman pod ps --format 'table {{.Name}}\t{{.Status}}\t{{.NumberOfContainers}}'
show podman pod stop -t 0 shop
show podman pod rm shop
end_tour
