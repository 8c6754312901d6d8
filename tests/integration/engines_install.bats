#!/usr/bin/env bats
# kata-runtime install: what it writes is taken by the engine itself, and taken back to the byte. No virtual machine.

setup() {
  load lib/kata
  load lib/engines
  bats_require_minimum_version 1.5.0
  [ "$(id -u)" -eq 0 ] || skip "needs root"
  ROOT=$BATS_TEST_TMPDIR/root
  FAKES=$BATS_TEST_TMPDIR/bin
  mkdir -p "$ROOT/etc/containerd" "$ROOT/etc/docker" "$FAKES"
  CONFIG=$ROOT/etc/containerd/config.toml
  DAEMON=$ROOT/etc/docker/daemon.json
  [ -z "${KATA_CONTAINERD:-}" ] || use_engine "$KATA_CONTAINERD"
  PATH=$FAKES:$PATH
}

# install_ ARG...
install_() { timeout 120 "$KATA_RUNTIME" install "$@" --root "$ROOT"; }

# files: of the root, each with its checksum.
files() { find "$ROOT" -type f -exec sha256sum {} + | sort -k 2; }

# engine NAME PROGRAM: the newest of the cache with that name, or nothing.
engine() { find "$KATA_CACHE_DIR/engines" -path "*/$1-*/bin/$2" -perm -100 2>/dev/null | sort -V | tail -n 1; }

# once_and_back ENGINE: twice is once, and undone is as before.
once_and_back() {
  local before after
  before=$(files)
  run -0 install_ "$1"
  holds "$output" '^wrote '
  after=$(files)
  run -0 install_ "$1"
  holds "$output" 'nothing changed'
  expect "$(files)" "$after"
  run -0 install_ "$1" --undo
  expect "$(files)" "$before"
  run -0 install_ "$1" --undo
  holds "$output" 'nothing of runtime kata is to be undone'
}

# fake PROGRAM: a script on stdin that stands for an engine.
fake() {
  cat >"$FAKES/$1"
  chmod 755 "$FAKES/$1"
}

dump() { containerd_dump "$ROOT"; }

@test "containerd: Debian's configuration keeps all it had, and runc" {
  cat >"$CONFIG" <<'END'
version = 2

[plugins]
  [plugins."io.containerd.grpc.v1.cri"] # with a comment
    max_container_log_line_size = 4242
    [plugins."io.containerd.grpc.v1.cri".cni]
      bin_dir = "/usr/lib/cni"
END
  once_and_back containerd
  install_ containerd
  holds "$(dump)" 'runtimes.kata'
  holds "$(dump)" 'runtimes.runc'
  holds "$(dump)" 'max_container_log_line_size = 4242'
  holds "$(dump)" 'io.containerd.kata.v2|runtime_type = ".*containerd-shim-kata-v2"'
  grep -q 'with a comment' "$CONFIG"
}

@test "containerd: a configuration of version 1, an empty one, none" {
  printf '# mine\n[plugins.cri]\n  max_container_log_line_size = 4242\n' >"$CONFIG"
  once_and_back containerd
  : >"$CONFIG"
  once_and_back containerd
  rm "$CONFIG"
  once_and_back containerd
  install_ containerd
  holds "$(dump)" 'io.containerd.kata.v2|runtime_type = ".*containerd-shim-kata-v2"'
}

@test "containerd: it is asked once for what it has, and once for what it shall have" {
  printf '#!/bin/sh\necho "$*" >>"%s"\nexec "%s" "$@"\n' "$BATS_TEST_TMPDIR/asked" "$(command -v containerd)" | fake containerd
  local text
  for text in 'version = 2' '# version 1' ''; do
    printf '%s\n' "$text" >"$CONFIG"
    [ -n "$text" ] || rm "$CONFIG"
    : >"$BATS_TEST_TMPDIR/asked"
    install_ containerd
    expect "$(grep -c 'config dump$' "$BATS_TEST_TMPDIR/asked")" 2 "dumps"
    install_ containerd # which changes nothing
    expect "$(grep -c 'config dump$' "$BATS_TEST_TMPDIR/asked")" 2 "dumps"
    install_ containerd --undo
  done
}

@test "containerd: what it refuses is not written, and its words are shown" {
  printf 'version = 2\noom_score = "many"\n' >"$CONFIG"
  local before
  before=$(files)
  run -1 install_ containerd
  holds "$output" 'containerd .* does not take it, so nothing was written: .*(many|OOMScore)'
  expect "$(files)" "$before"
}

@test "containerd: an import that would hide the runtime is found before anything is written" {
  printf 'version = 2\nimports = ["other.toml"]\n' >"$CONFIG"
  printf 'version = 2\n[plugins."io.containerd.grpc.v1.cri"]\n  sandbox_image = "x"\n' >"$ROOT/etc/containerd/other.toml"
  local before
  before=$(files)
  if [[ $(containerd --version) == *' 1.'* ]]; then
    run -1 install_ containerd
    holds "$output" 'another file that .* imports hides it'
    expect "$(files)" "$before"
  else
    once_and_back containerd
  fi
}

@test "containerd 2: a drop-in, which its configuration imports" {
  local newer version
  newer=$(engine_programs containerd-2)
  [ -n "$newer" ] || skip "there is no containerd 2: ./dev engines containerd-2"
  ln -s "$newer/containerd" "$FAKES/containerd"
  for version in 2 3 4; do
    printf 'version = %s # mine\n' "$version" >"$CONFIG"
    once_and_back containerd
    install_ containerd
    holds "$(dump)" 'io.containerd.kata.v2|runtime_type = ".*containerd-shim-kata-v2"'
    install_ containerd --undo
    printf 'version = %s\nimports = ["more/*.toml"]\n' "$version" >"$CONFIG"
    once_and_back containerd
    install_ containerd
    [ -f "$ROOT/etc/containerd/more/50-kata.toml" ]
    holds "$(dump)" 'io.containerd.kata.v2|runtime_type = ".*containerd-shim-kata-v2"'
    holds "$(dump)" 'io.containerd.runc.v2'
    install_ containerd --undo
  done
}

@test "docker: daemon.json keeps what is in it, in its own style" {
  local dockerd
  dockerd=$(engine docker.io dockerd)
  [ -z "$dockerd" ] || ln -s "$dockerd" "$FAKES/dockerd"
  printf '{\n    "debug": true,\n    "runtimes": {\n        "other": {"path": "/bin/other"}\n    },\n    "dns": []\n}' >"$DAEMON"
  once_and_back docker
  install_ docker --name vm
  expect "$(head -n 4 "$DAEMON")" $'{\n    "debug": true,\n    "runtimes": {\n        "other": {"path": "/bin/other"},'
  holds "$(jq -c .runtimes.vm "$DAEMON")" 'kata-runtime|io.containerd.kata|containerd-shim-kata'
  rm "$DAEMON"*
  once_and_back docker
}

@test "docker: the version says whether it gets the path or the shim" {
  printf '#!/bin/sh\necho "Docker version 20.10.24, build 1"\n' | fake dockerd
  install_ docker
  expect "$(jq -r .runtimes.kata.path "$DAEMON")" "$KATA_RUNTIME"
  install_ docker --undo
  printf '#!/bin/sh\necho "Docker version 26.1.5, build 1"\n' | fake dockerd
  install_ docker
  holds "$(jq -r .runtimes.kata.runtimeType "$DAEMON")" 'containerd-shim-kata-v2$'
}

@test "docker: what it refuses is not written, and its words are shown" {
  fake dockerd <<'END'
#!/bin/sh
[ "$1" = --validate ] || { echo "Docker version 26.1.5, build 1"; exit 0; }
grep -q containerd-shim-kata "$3" && { echo "unable to configure the daemon: no shims today" >&2; exit 1; }
END
  echo '{}' >"$DAEMON"
  run -1 install_ docker
  holds "$output" 'docker 26.1.5 does not take it, so nothing was written: .*no shims today'
  expect "$(cat "$DAEMON")" '{}'
  expect "$(find "$ROOT" -type f)" "$DAEMON"
}

@test "podman: a drop-in, which it reads" {
  once_and_back podman
  command -v podman >/dev/null || skip "there is no podman"
  install_ podman --name "kata-of-test"
  run -0 --separate-stderr env CONTAINERS_CONF="$ROOT/etc/containers/containers.conf.d/50-kata-of-test.conf" \
    podman --root "$BATS_TEST_TMPDIR/storage" --runroot "$BATS_TEST_TMPDIR/run" --storage-driver vfs --runtime kata-of-test \
    info --format '{{.Host.OCIRuntime.Path}}'
  expect "$output" "$KATA_RUNTIME"
}

@test "crio: a drop-in; nerdctl: the shim has to be in containerd's PATH" {
  once_and_back crio
  install_ crio
  grep -qx 'runtime_type = "vm"' "$ROOT/etc/crio/crio.conf.d/50-kata.conf"
  run -1 install_ nerdctl
  holds "$output" 'try: run ln -s .*/containerd-shim-kata-v2 /usr/local/bin/'
}

@test "--dry-run shows what would be written, and writes nothing" {
  echo '{"debug": true}' >"$DAEMON"
  local before name
  before=$(files)
  for name in docker podman containerd crio; do
    run -0 install_ "$name" --dry-run
    holds "$output" '^would write '
    expect "$(files)" "$before"
  done
  install_ docker
  before=$(files)
  run -0 install_ docker --undo --dry-run
  holds "$output" "would put back $DAEMON"
  expect "$(files)" "$before"
}

@test "--undo leaves a file alone that was changed since" {
  local before name
  echo '{"debug": true}' >"$DAEMON"
  for name in docker podman containerd crio; do install_ "$name"; done
  find "$ROOT" -type f ! -name '*.before-*' -exec sh -c 'echo >>"$1"' _ {} \;
  before=$(files)
  for name in docker podman containerd crio; do
    run -1 install_ "$name" --undo
    holds "$output" 'was changed after it had been written, so it stays \(try: '
  done
  expect "$(files)" "$before"
}

@test "two names, one after the other, and back in the other order" {
  local first second
  echo '{"debug": true}' >"$DAEMON"
  first=$(files)
  install_ docker --name one
  second=$(files)
  install_ docker --name two
  run -1 install_ docker --name one --undo
  holds "$output" '--undo first for what was installed later'
  install_ docker --name two --undo
  expect "$(files)" "$second"
  install_ docker --name one --undo
  expect "$(files)" "$first"
}

@test "errors say what to try" {
  run -1 install_ lxd
  holds "$output" 'there is no engine "lxd" \(try: use one of docker, podman'
  run -1 install_ docker --name runc
  holds "$output" 'is no name for a runtime'
  run -1 env PATH=/nonexistent "$KATA_RUNTIME" install crio
  holds "$output" 'there is no crio on this machine \(try: '
  echo '{"runtimes": {"kata": {"path": "/other"}}}' >"$DAEMON"
  run -1 install_ docker
  holds "$output" 'the runtime kata is there, and is another one \(try: '
}

@test "check names the engines, and what makes them know this runtime" {
  printf '#!/bin/sh\necho "crio version 1.36.0"\n' | fake crio
  run "$KATA_RUNTIME" check
  holds "$output" '\[(note|ok)\] crio: 1.36.0, '
  [ -e /etc/crio ] || holds "$output" 'fix: run kata-runtime install crio'
  holds "$output" '\] containerd: '
}
