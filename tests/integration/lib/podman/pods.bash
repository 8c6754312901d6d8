# shellcheck shell=bash
# Networks, pods, kube play.

network() {
  local server=$C-server port=8081
  [ "$RUNTIME" = runc ] || port=8082
  must p network create "net-$C"
  must p run -d --name "$server" --network "net-$C" "$IMAGE" sh -c 'mkdir /www; echo page >/www/index.html; exec httpd -f -p 80 -h /www'
  row by-name p run --rm --network "net-$C" "$IMAGE" sh -c "for i in 1 2 3 4 5 6 7 8 9; do wget -qO- http://$server/ && exit; sleep 1; done; exit 1"
  row container-network p run --rm --network "container:$server" "$IMAGE" sh -c 'wget -qO- http://127.0.0.1/; hostname | grep -c .'
  row no-network p run --rm --network none "$IMAGE" sh -c 'ls /sys/class/net'
  must p rm -f -t 0 "$server"
  must p network rm "net-$C"
  must p run -d --name "$server" -p "$port:80" "$IMAGE" httpd -f -p 80 -h /etc
  row published eventually on_host "$KATA_SHARE/busybox-rootfs/bin/busybox" wget -qO /dev/null "http://127.0.0.1:$port/passwd"
  row container-pid p run --rm --pid "container:$server" "$IMAGE" true
  row container-ipc p run --rm --ipc "container:$server" "$IMAGE" true
  row run-network-host p run --rm --network host "$IMAGE" true
  must p rm -f -t 0 "$server"
}

# page_of CONTAINER URL: what a web server that has just been started says.
page_of() { p exec "$1" sh -c "for i in 1 2 3 4 5 6 7 8 9; do wget -qO- $2 && exit; sleep 1; done; exit 1"; }

# machines: how many of this test's are there.
machines() { pgrep -fc -- "qemu-system.*$MARK" || true; }
# of_kata COUNT: so many machines, where the runtime has them.
of_kata() { [ "$RUNTIME" = runc ] || expect "$(machines)" "$1" machines; }

pod() {
  local web=$C-web other=$C-other
  must p pod create --name "$C"
  must p run -d --pod "$C" --name "$web" "$IMAGE" sh -c 'mkdir /www; echo page >/www/index.html; exec httpd -f -p 8080 -h /www'
  must p run -d --pod "$C" --name "$other" "$IMAGE"
  must of_kata 1
  row pod-localhost page_of "$other" http://127.0.0.1:8080/
  row pod-shared-memory p exec "$web" sh -c 'echo shared >/dev/shm/file; readlink /proc/self/ns/ipc >/dev/shm/ipc; readlink /proc/self/ns/net >/dev/shm/net'
  row pod-namespaces p exec "$other" sh -c 'cat /dev/shm/file; for each in ipc net; do [ "$(readlink /proc/self/ns/$each)" = "$(cat /dev/shm/$each)" ] && echo one $each; done'
  row pod-processes p exec "$other" sh -c 'hostname; ps -o comm | grep -cx httpd'
  row pod-top p top "$web" args
  row pod-ps p pod ps --filter "name=^$C\$" --format '{{.Name}} {{.Status}} {{.NumberOfContainers}}'
  row pod-stop-one p stop -t 0 "$web"
  row pod-others p exec "$other" echo 'the others live on'
  row pod-stop p pod stop -t 0 "$C"
  row pod-stopped p inspect "$other" --format '{{.State.Status}} {{.State.ExitCode}}'
  row pod-start p pod start "$C"
  row pod-started page_of "$other" http://127.0.0.1:8080/
  must of_kata 1
  row pod-remove p pod rm -f -t 0 "$C"
  must of_kata 0
  must p pod create --name "$C" --share pid,net
  must p run -d --pod "$C" --name "$web" "$IMAGE" sleep 4321
  row pod-pids p run --rm --pod "$C" "$IMAGE" sh -c 'ps -o args | grep "^sleep"'
  row pod-pids-remove p pod rm -f -t 0 "$C"
  must p pod create --name "$C" --infra=false
  row pod-without-infra p run --rm --pod "$C" "$IMAGE" echo no infra
  row pod-without-infra-remove p pod rm -f "$C"
}

# An emptyDir is a volume of Podman's, by its own name for both runtimes' pods: each has its own.
kube_yaml() {
  cat <<YAML
apiVersion: v1
kind: Pod
metadata: {name: $C, labels: {app: play}}
spec:
  restartPolicy: Never
  volumes: [{name: $C-data, emptyDir: {}}]
  initContainers:
  - {name: first, image: "localhost/$IMAGE", command: [sh, -c, "echo first >/data/file"], volumeMounts: [{name: $C-data, mountPath: /data}]}
  containers:
  - name: one
    image: localhost/$IMAGE
    command: [sh, -c, "echo one >>/data/file; exec sleep 1000"]
    env: [{name: GREETING, value: hello}]
    resources: {limits: {memory: 100Mi}}
    volumeMounts: [{name: $C-data, mountPath: /data}]
  - name: two
    image: localhost/$IMAGE
    args: [httpd, -f, -p, "8080", -h, /data]
    volumeMounts: [{name: $C-data, mountPath: /data, readOnly: true}]
YAML
}

kube() {
  kube_yaml >"$ROWS/yaml"
  must p kube play "$ROWS/yaml"
  row kube-written eventually p exec "$C-two" grep one /data/file
  row kube-data page_of "$C-one" http://localhost:8080/file
  row kube-environment p exec "$C-one" sh -c 'echo $GREETING'
  row kube-read-only p exec "$C-two" touch /data/new
  row kube-ps p pod ps --format '{{.Name}} {{.Status}} {{.NumberOfContainers}}' --filter "name=^$C\$"
  must p kube play --replace "$ROWS/yaml"
  row kube-replaced eventually p exec "$C-two" grep one /data/file
  row kube-replaced-data p exec "$C-two" cat /data/file
  must p kube down "$ROWS/yaml"
  row kube-nothing-left p ps -aq --filter "name=^$C"
}
