# shellcheck shell=bash
# docker compose: two services, names, a volume, health.

compose_yaml() {
  cat <<YAML
services:
  fill:
    image: busybox
    runtime: $RUNTIME
    network_mode: none
    volumes: ["data:/data"]
    command: [sh, -c, "echo page >/data/page"]
  db:
    image: busybox
    runtime: $RUNTIME
    depends_on: {fill: {condition: service_completed_successfully}}
    volumes: ["data:/data:ro"]
    command: [sh, -c, "sleep 1; touch /ready; exec httpd -f -p 80 -h /data"]
    healthcheck: {test: [CMD, test, -e, /ready], interval: 1s, retries: 100}
  web:
    image: busybox
    runtime: $RUNTIME
    depends_on: {db: {condition: service_healthy}}
    environment: {GREETING: hello}
    stop_grace_period: 1s
    command: [sh, -c, "echo \$\$GREETING; wget -qO- http://db/page; exec sleep 100000"]
volumes: {data: {}}
YAML
}

compose() { docker_ compose --ansi never -p "$C" -f "$ROWS/compose.yaml" "$@"; }

compose_project() {
  compose_yaml >"$ROWS/compose.yaml"
  row compose-up compose up -d
  row compose-logs eventually said_by_web page
  row compose-web compose logs --no-log-prefix web
  row compose-ps compose_states
  row compose-exec compose exec -T web wget -qO- "http://$C-db-1/page"
  row compose-run compose run --rm --no-deps -T web wget -qO- http://db/page
  row compose-restart compose restart -t 1 web
  row compose-stop compose stop -t 1
  row compose-stopped compose_states
  row compose-start compose start
  row compose-started eventually compose exec -T web wget -qO /dev/null http://db/page
  row compose-down compose down -v -t 1
  row compose-nothing-left compose ps -aq
}

said_by_web() { compose logs --no-log-prefix web | grep -q "$1"; }
compose_states() { compose ps -a --format '{{.Service}} {{.State}} {{.Health}} {{.ExitCode}}' | sort; }
