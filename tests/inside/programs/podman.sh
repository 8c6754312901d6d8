# Podman in a container: the same, and names.
set -e
# shellcheck source=tests/inside/programs/delegate.sh
. /inside/delegate.sh
mkdir -p /tmp/base/bin
cp /bin/busybox /tmp/base/bin/
for each in sh cat wget httpd; do ln -sf busybox /tmp/base/bin/$each; done
p() { podman --cgroup-manager cgroupfs --events-backend file "$@"; }
tar -C /tmp/base -c . | p import - base >/dev/null 2>&1
p network create inner >/dev/null
p run -d --name web --network inner -p 8081:80 -m 64m base /bin/sh -c 'echo page >/index.html; exec /bin/httpd -f -p 80 -h /' >/dev/null
curl -s --retry 30 --retry-delay 1 --retry-all-errors http://127.0.0.1:8081/
p run --rm --network inner base /bin/wget -qO- http://web/
findmnt -rno FSTYPE,TARGET | grep -c '^overlay /var/lib/containers/'
p rm -f -t 0 web >/dev/null
