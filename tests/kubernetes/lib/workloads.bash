# shellcheck shell=bash
# What makes pods: Deployments with a Service, Jobs, DaemonSets, StatefulSets.

workloads() {
  space
  { deployment; jobs; sets; } | made
  row rolled-out rolled_out deployment/web
  row service eventually served
  row service-from-a-pod k exec deploy/web -- wget -qO- "http://$(service_address)/"
  must k scale deployment/web --replicas 2
  row scaled rolled_out deployment/web
  row endpoints endpoints
  must k set env deployment/web PAGE=second
  row updated rolled_out deployment/web
  row served-update eventually served second
  must k delete deployment web --timeout 60s
  row job k wait --for=condition=Complete job/counts --timeout "${KATA_LIMIT}s"
  row job-pods told_of job/counts '{.status.succeeded} {.status.failed}'
  row job-logs job_logs
  row job-fails k wait --for=condition=Failed job/fails --timeout "${KATA_LIMIT}s"
  row job-failed told_of job/fails '{.status.failed} {.status.conditions[?(@.type=="Failed")].reason}'
  row daemons rolled_out daemonset/everywhere
  row stateful rolled_out statefulset/ordered
  row stateful-names k exec ordered-1 -- sh -c 'hostname; cat /etc/hostname'
  must k delete pod ordered-0
  row stateful-again rolled_out statefulset/ordered
  row stateful-ready k wait --for=condition=Ready pod/ordered-0 --timeout "${KATA_LIMIT}s"
  row cron eventually cron_has_run
  must k delete cronjob,daemonset,statefulset --all
  leave
}

rolled_out() { k rollout status "$1" --timeout "${KATA_LIMIT}s" | tail -n 1; }
told_of() { k get "$1" -o "jsonpath=$2"; }
service_address() { told_of service/web '{.spec.clusterIP}'; }
served() { fetched "http://$(service_address)/" | grep "${1:-first}"; }
endpoints() { k get endpointslices -l kubernetes.io/service-name=web -o json | jq '[.items[].endpoints[] | select(.conditions.ready)] | length'; }
job_logs() { k logs -l job-name=counts --tail=-1 | sort; }
cron_has_run() { [ "$(told_of cronjob/minutely '{.status.lastSuccessfulTime}' | wc -c)" -gt 10 ]; }

# template LABEL COMMAND [FIELDS [CONTAINER-FIELDS]]
template() {
  echo "{metadata: {labels: {app: $1}}, spec: {runtimeClassName: $RUNTIME, terminationGracePeriodSeconds: 1, ${3:+$3, }containers: [{name: main, image: $IMAGE, command: [sh, -c, '$2']${4:+, $4}}]}}"
}

deployment() {
  cat <<END
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template: $(template web 'mkdir /www; echo $PAGE >/www/index.html; exec httpd -f -p 8080 -h /www' "" "env: [{name: PAGE, value: first}], readinessProbe: {httpGet: {path: /, port: 8080}, periodSeconds: 1, timeoutSeconds: 10}")
---
{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}}
---
END
}

jobs() {
  cat <<END
{apiVersion: batch/v1, kind: Job, metadata: {name: counts}, spec: {completions: 2, completionMode: Indexed, template: $(template counts 'echo number $JOB_COMPLETION_INDEX' "restartPolicy: Never")}}
---
{apiVersion: batch/v1, kind: Job, metadata: {name: fails}, spec: {backoffLimit: 0, template: $(template fails 'exit 5' "restartPolicy: Never")}}
---
{apiVersion: batch/v1, kind: CronJob, metadata: {name: minutely}, spec: {schedule: "* * * * *", concurrencyPolicy: Forbid, jobTemplate: {spec: {template: $(template minutely 'date' "restartPolicy: Never")}}}}
---
END
}

sets() {
  cat <<END
{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: everywhere}, spec: {selector: {matchLabels: {app: everywhere}}, template: $(template everywhere 'exec sleep 100000')}}
---
{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: ordered}, spec: {replicas: 2, serviceName: ordered, selector: {matchLabels: {app: ordered}}, template: $(template ordered 'exec sleep 100000')}}
END
}
