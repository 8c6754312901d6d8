# shellcheck shell=bash
# Networks.

network() {
  local web=$C-web port=18080
  case $RUNTIME in
    kata) port=18081 ;;
    kata-shim) port=18082 ;;
  esac
  must d network create "$C"
  row web-start d run -d --name "$web" --network "$C" --network-alias web -p "127.0.0.1:$port:80" -p "127.0.0.1:$port:81/udp" busybox httpd -f -p 80 -h /etc
  row port-of-host eventually from_host 127.0.0.1 "$port"
  row address eventually from_host "$(d inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' "$web")" 80
  row resolver d exec "$web" cat /etc/resolv.conf
  row interfaces d exec "$web" sh -c 'ls /sys/class/net; ip route | grep -c default; cat /sys/class/net/eth0/mtu'
  row by-name d run --rm --network "$C" busybox sh -c "wget -qO- http://web/passwd | head -n 1; wget -qO- http://$web/passwd | head -n 1"
  row container-network d run --rm --network "container:$web" busybox sh -c 'wget -qO- http://127.0.0.1/passwd | head -n 1; hostname | wc -c'
  row still-there from_host 127.0.0.1 "$port"
  row connect d network connect bridge "$web"
  row connected eventually d exec "$web" test -e /sys/class/net/eth1
  row disconnect d network disconnect bridge "$web"
  row disconnected eventually d exec "$web" test ! -e /sys/class/net/eth1
  row web-remove d rm -f "$web"
  row network-remove d network rm "$C"
}

# from_host ADDRESS PORT: what the web server there says.
from_host() {
  in_docker timeout 20 bash -c 'exec 9<>"/dev/tcp/$0/$1" && printf "GET /passwd HTTP/1.0\r\n\r\n" >&9 && grep root <&9' "$1" "$2"
}
