# Docker in a container: its layers, its bridge, its translation of addresses, its proxy. An emulated machine takes seconds to start
# Docker's command line, so it is called no more than is needed.
set -e
# shellcheck source=tests/inside/programs/delegate.sh
. /inside/delegate.sh
# begun LOG WORDS: waits for them in the log of what was started last.
begun() {
  until grep -q "$2" "$1"; do
    kill -0 $! 2>/dev/null || { tail -n 5 "$1" >&2; exit 1; }
    sleep 0.5
  done
}
containerd >/tmp/containerd.log 2>&1 &
begun /tmp/containerd.log 'successfully booted'
dockerd --containerd /run/containerd/containerd.sock >/tmp/dockerd.log 2>&1 &
begun /tmp/dockerd.log 'API listen on'
trap 'docker rm -f web >/dev/null 2>&1; kill $(pidof dockerd containerd)' EXIT
grep -o 'graphdriver(s)=[a-z0-9]*' /tmp/dockerd.log
mkdir -p /tmp/image/bin
cp /bin/busybox /tmp/image/bin/
for each in sh cat wget httpd; do ln -sf busybox /tmp/image/bin/$each; done
tar -C /tmp/image -c . | docker import - base >/dev/null
docker run -d --name web -p 8080:80 -m 64m base /bin/sh -c 'echo page >/index.html; exec /bin/httpd -f -p 80 -h /' >/dev/null
curl -s --retry 30 --retry-delay 1 --retry-all-errors http://127.0.0.1:8080/
docker run --rm base /bin/wget -qO- http://172.17.0.1:8080/
iptables -t nat -S | grep -cE '172.17.0.0/16 .*MASQUERADE|DNAT'
