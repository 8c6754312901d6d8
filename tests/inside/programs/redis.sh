# Redis: values, a snapshot in a child of its own, a restart.
set -e
cd "$(mktemp -d)"
begin() {
  redis-server --port 6380 --dir "$PWD" --save '' --daemonize yes >/dev/null
  until [ "$(redis-cli -p 6380 ping 2>/dev/null)" = PONG ]; do sleep 0.2; done
}
begin
redis-cli -p 6380 set greeting hello
redis-cli -p 6380 bgsave >/dev/null
until redis-cli -p 6380 info persistence | grep -q 'rdb_bgsave_in_progress:0'; do sleep 0.2; done
redis-cli -p 6380 info persistence | grep -o 'rdb_last_bgsave_status:ok'
redis-cli -p 6380 shutdown nosave
begin
redis-cli -p 6380 get greeting
redis-cli -p 6380 shutdown nosave
