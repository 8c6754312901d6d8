# shellcheck shell=bash
# The options of a container, seen from inside, and what is done with one that runs.

options() {
  local dir=$DOCKER_HOME/volume-$C
  mkdir -p "$dir"
  echo text >"$dir/file"
  must d run -d --name "$C" --hostname box --domainname example.com --add-host one:10.1.2.3 --dns 10.9.9.9 --dns-search example.com \
    --tmpfs /scratch:size=1m,mode=1770,uid=5 --shm-size 8m --read-only -v "$dir:/data" -v "$dir/file:/one:ro" -v "$C-named:/named" \
    --cap-drop ALL --cap-add CHOWN --cap-add NET_ADMIN --device /dev/fuse --sysctl net.ipv4.ip_unprivileged_port_start=1000 \
    --ulimit core=512000:1024000 --memory 128m --pids-limit 50 --cpuset-cpus 0-1 --cpus 1.5 --security-opt no-new-privileges \
    --oom-score-adj 300 -l label=one busybox
  row names inside 'hostname; hostname -f; domainname; grep one /etc/hosts; cat /etc/resolv.conf'
  row tmpfs inside 'df -k /scratch | tail -n 1 | awk "{ print \$2 }"; stat -c "%a %u" /scratch; echo x >/scratch/file && cat /scratch/file'
  row shm inside 'df -k /dev/shm | tail -n 1 | awk "{ print \$2 }"'
  row read-only inside 'echo x >/file'
  row volume inside 'echo from >/data/from-container; cat /one; stat -c %F /named; echo x >/named/file; cat /named/file'
  row volume-on-host cat "$dir/from-container"
  echo later >"$dir/later"
  row volume-live inside 'cat /data/later'
  row single-file-read-only inside 'echo x >/one'
  row capabilities inside 'grep -E "^(Cap|NoNewPrivs|Seccomp:)" /proc/self/status; chown 1 /scratch/file && stat -c %u /scratch/file'
  # /dev/core is there where the kernel has /proc/kcore.
  row devices inside 'ls /dev | grep -vx core; stat -c "%F %t %T" /dev/fuse; head -c 0 /dev/fuse; mknod /scratch/node c 1 3'
  row sysctl inside 'cat /proc/sys/net/ipv4/ip_unprivileged_port_start'
  row ulimit inside 'grep core /proc/self/limits'
  row memory limit_is memory/memory.limit_in_bytes memory.max
  row pids limit_is pids/pids.max pids.max
  row cpus limit_is cpu/cpu.cfs_quota_us cpu.max
  row processors inside 'nproc'
  row oom-score inside 'cat /proc/1/oom_score_adj'
  row proc-is-masked inside 'ls /proc/scsi 2>&1 | wc -l; echo 1 >/proc/sys/kernel/domainname; cat /proc/kcore | wc -c'
  row exec-detached d exec -d "$C" sleep 4321
  row top top_of "$C"
  row exec-flags piped input d exec -i -u 7:8 -w /data -e A=b "$C" sh -c 'cat; echo " $A"; pwd; id -u; id -g; exit 9'
  row exec-no-directory d exec -w /no/such/place "$C" pwd
  row exec-not-found d exec "$C" no-such-program
  row exec-no-access d exec "$C" /etc/passwd
  row exec-no-user d exec -u nobody-of-that-name "$C" true
  row exec-streams exec_apart
  row stats stats_of "$C"
  row stats-limit limit_in_stats "$C"
  row pause d pause "$C"
  row paused-state inspected '{{.State.Status}}' "$C"
  row paused-exec inside true
  row unpause d unpause "$C"
  row update d update --memory 160m --memory-swap 160m --cpus 1 --pids-limit 60 "$C"
  row updated-memory limit_is memory/memory.limit_in_bytes memory.max
  row updated-cpus limit_is cpu/cpu.cfs_quota_us cpu.max
  row updated-pids limit_is pids/pids.max pids.max
  row state inspected '{{.State.Status}} {{.State.Running}} {{.State.ExitCode}} {{.HostConfig.Memory}} {{.Config.Labels}}' "$C"
  row cp-to-volume piped "from host" d cp "$(packed "$C")" "$C:/data/"
  row copied-to-volume inside 'cat /data/packed'
  row cp-to-read-only d cp "$(packed "$C")" "$C:/etc/packed"
  row remove-running d rm "$C"
  row remove-by-force d rm -f -v "$C"
  row removed d inspect "$C"
}

top_of() { d top "$1" -eo pid,args | awk '{ $1 = ""; print }'; }
stats_of() { d stats --no-stream --format '{{.MemUsage}} {{.PIDs}}' "$1" | sed -E 's,/ .*iB, ,; s/[1-9][0-9.]*/N/g; s/[KM]iB/B/'; }
limit_in_stats() { d stats --no-stream --format '{{.MemUsage}}' "$1" | sed 's,.*/ ,,'; }
exec_apart() { d exec "$C" sh -c 'echo out; echo err >&2' 2>"$ROWS/apart" && sed 's/^/on stderr: /' "$ROWS/apart"; }
packed() { echo "packed $1" >"$ROWS/packed"; echo "$ROWS/packed"; }
