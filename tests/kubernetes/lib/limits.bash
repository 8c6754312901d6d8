# shellcheck shell=bash
# Resources: limits, classes, resizing in place.

limits() {
  space
  {
    pod sized "" "name: main, command: [sleep, '100000'], resources: {requests: {cpu: 50m, memory: 32Mi}, limits: {cpu: 500m, memory: 128Mi}}" \
      "name: beside, command: [sleep, '100000'], resources: {limits: {cpu: 20m, memory: 48Mi}}"
    echo ---
    pod best "" "name: main, command: [sleep, '100000']"
    echo ---
    pod guaranteed "resources: {limits: {cpu: 400m, memory: 96Mi}}" "name: main, command: [sleep, '100000'], resources: {limits: {cpu: 200m, memory: 32Mi}}"
  } | made
  must ready sized best guaranteed
  row classes each_class sized best guaranteed
  row limits limits_in sized/main
  row limits-beside limits_in sized/beside
  row limits-below-the-pods limits_in guaranteed/main
  resizing
  leave
}

# Both ways, with work in between: a guest that has run a while is another one than one that has just started.
resizing() {
  must inside sized/main 'for each in $(busybox --list | head -n 8); do busybox $each --help; done >/dev/null 2>&1; gzip </bin/busybox | sha256sum'
  row resize-up resize sized 1500m 256Mi
  row resized-up eventually limits_are sized/main '150% 268435456'
  row resized-up-status told sized '{.status.containerStatuses[?(@.name=="main")].resources.limits}'
  row resize-down resize sized 250m 64Mi
  row resized-down eventually limits_are sized/main '25% 67108864'
  row resized-down-status told sized '{.status.containerStatuses[?(@.name=="main")].resources.limits}'
  row resized-restarts told sized '{.status.containerStatuses[*].restartCount}'
  row resized-alive inside sized/main 'echo alive'
  row resized-beside limits_in sized/beside
}

# resize POD CPU MEMORY: of its container "main".
resize() {
  k patch pod "$1" --subresource resize -p "{\"spec\": {\"containers\": [{\"name\": \"main\", \"resources\": {\"limits\": {\"cpu\": \"$2\", \"memory\": \"$3\"}}}]}}"
}

# limits_in POD/CONTAINER: of the processors and the memory, whatever version of cgroups it sees.
limits_in() {
  inside "$1" 'cd /sys/fs/cgroup
    if [ -e cpu.max ]; then read -r quota period <cpu.max; memory=$(cat memory.max)
    else quota=$(cat cpu/cpu.cfs_quota_us) period=$(cat cpu/cpu.cfs_period_us) memory=$(cat memory/memory.limit_in_bytes); fi
    echo "$((quota * 100 / period))% $memory"'
}
limits_are() { [ "$(limits_in "$1")" = "$2" ]; }
each_class() { local each; for each in "$@"; do told "$each" '{.status.qosClass}{"\n"}'; done; }
