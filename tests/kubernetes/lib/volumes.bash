# shellcheck shell=bash
# What a pod is given: environment, ConfigMaps, Secrets, projected volumes, the downward API, volumes of every kind; init containers
# and sidecars.

volumes() {
  space
  must mkdir -p "$HOME_DIR/$C/claimed" "$HOME_DIR/$C/file"
  { given_objects; given_pod; } | made
  must ready given
  row init-order inside given/main 'cat /data/order'
  row sidecar told given '{.status.initContainerStatuses[*].ready} {.status.initContainerStatuses[*].restartCount} {.status.containerStatuses[*].name}'
  row sidecar-runs inside given/main 'cat /data/sidecar'
  row environment inside given/main 'echo $ONE $KEY $PASSWORD $(hostname) ${POD_IP%.*} $LIMIT'
  row config inside given/main 'ls -a /config | sed "s/^\.\.[0-9].*/..DATE/" | sort; cat /config/one; stat -L -c "%a %u" /config/one; readlink /config/one'
  row secret inside given/main 'cat /secret/password; stat -L -c "%a" /secret/password'
  row projected inside given/main 'ls /projected; cat /projected/labels /projected/one; wc -c </projected/token | grep -c ...'
  row account inside given/main 'ls /var/run/secrets/kubernetes.io/serviceaccount; cat /var/run/secrets/kubernetes.io/serviceaccount/namespace'
  row read-only inside given/main 'touch /config/new; echo $?; touch /claimed-ro/new; echo $?'
  row memory inside given/main "df -k /memory | awk 'END { print \$2 }'; dd if=/dev/zero of=/memory/file bs=1M count=17 2>&1 | grep -c 'No space left'; rm /memory/file"
  row shared inside given/second 'cat /data/order; echo second >>/data/order; cat /memory/here' # of the other container
  row shared-back inside given/main 'tail -n 1 /data/order'
  row claim inside given/main 'echo claimed >/claimed/file; cat /claimed-ro/file; mkdir /claimed/part; ls /claimed'
  row claim-on-node cat "$HOME_DIR/$C/claimed/file"
  row part inside given/main 'echo part >/part/file; cat /data/part/file'
  row host-file inside given/main 'cat /host-file'
  row image-volume inside given/main 'ls /image/bin/busybox; touch /image/new'
  row one-before inside given/main 'cat /one'
  must k patch configmap values --type merge -p '{"data": {"one": "newer", "two": "more"}}'
  must k patch secret secrets --type merge -p '{"stringData": {"password": "changed"}}'
  must k label pod given color=red
  row config-follows eventually has_inside given/main newer /config/one
  row config-new-key eventually has_inside given/main more /config/two
  row secret-follows eventually has_inside given/main changed /secret/password
  row projected-follows eventually has_inside given/main newer /projected/one
  row labels-follow eventually has_inside given/main red /projected/labels
  row part-of-config-stays inside given/main 'cat /one; echo $ONE'
  leave
  rm -rf "${HOME_DIR:?}/$C"
}

has_inside() { inside "$1" "grep $2 $3"; }

given_objects() {
  echo written >"$HOME_DIR/$C/file/name"
  cat <<END
{apiVersion: v1, kind: ConfigMap, metadata: {name: values}, data: {one: first}}
---
{apiVersion: v1, kind: Secret, metadata: {name: secrets}, stringData: {password: hidden}}
---
{apiVersion: v1, kind: PersistentVolume, metadata: {name: $C}, spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], storageClassName: $C, hostPath: {path: $HOME_DIR/$C/claimed}}}
---
{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: claim}, spec: {accessModes: [ReadWriteOnce], storageClassName: $C, resources: {requests: {storage: 1Gi}}}}
---
END
}

given_pod() {
  cat <<END
apiVersion: v1
kind: Pod
metadata: {name: given, labels: {app: given}}
spec:
  runtimeClassName: $RUNTIME
  terminationGracePeriodSeconds: 2
  volumes:
  - {name: config, configMap: {name: values}}
  - {name: secret, secret: {secretName: secrets, defaultMode: 0400}}
  - {name: data, emptyDir: {}}
  - {name: memory, emptyDir: {medium: Memory, sizeLimit: 16Mi}}
  - {name: claim, persistentVolumeClaim: {claimName: claim}}
  - {name: host-file, hostPath: {path: $HOME_DIR/$C/file/name, type: File}}
  - {name: image, image: {reference: $IMAGE}}
  - name: projected
    projected:
      sources:
      - {configMap: {name: values, items: [{key: one, path: one}]}}
      - {serviceAccountToken: {path: token, expirationSeconds: 3600}}
      - {downwardAPI: {items: [{path: labels, fieldRef: {fieldPath: metadata.labels}}]}}
  initContainers:
  - {name: first, image: $IMAGE, command: [sh, -c, "mkdir /data/part; echo first >>/data/order"], volumeMounts: [{name: data, mountPath: /data}]}
  - name: sidecar
    image: $IMAGE
    restartPolicy: Always
    command: [sh, -c, "echo sidecar >>/data/order; sleep 1; echo running >/data/sidecar; exec sleep 100000"]
    startupProbe: {exec: {command: [test, -e, /data/sidecar]}, periodSeconds: 1, failureThreshold: 60}
    volumeMounts: [{name: data, mountPath: /data}]
  - {name: last, image: $IMAGE, command: [sh, -c, "cat /data/sidecar >>/data/order"], volumeMounts: [{name: data, mountPath: /data}]}
  containers:
  - name: second
    image: $IMAGE
    command: [sh, -c, "echo in memory >/memory/here; exec sleep 100000"]
    volumeMounts: [{name: data, mountPath: /data}, {name: memory, mountPath: /memory}]
  - name: main
    image: $IMAGE
    resources: {limits: {memory: 100Mi}}
    env:
    - {name: ONE, valueFrom: {configMapKeyRef: {name: values, key: one}}}
    - {name: KEY, value: "\$(ONE)-more"}
    - {name: PASSWORD, valueFrom: {secretKeyRef: {name: secrets, key: password}}}
    - {name: POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
    - {name: LIMIT, valueFrom: {resourceFieldRef: {resource: limits.memory}}}
    volumeMounts:
    - {name: config, mountPath: /config}
    - {name: config, mountPath: /one, subPath: one}
    - {name: secret, mountPath: /secret, readOnly: true}
    - {name: projected, mountPath: /projected}
    - {name: data, mountPath: /data}
    - {name: data, mountPath: /part, subPath: part}
    - {name: memory, mountPath: /memory}
    - {name: claim, mountPath: /claimed}
    - {name: claim, mountPath: /claimed-ro, readOnly: true}
    - {name: host-file, mountPath: /host-file}
    - {name: image, mountPath: /image}
END
}
