#!/usr/bin/env bats
# Ways out of containers that were found in runc, in Kata and in others, each with a bundle of its own: docs/threat-model.md.

setup() {
  load lib/kata
  load lib/bundle
  common_setup
  POD=$ID-pod
  OUTSIDE=$BATS_TEST_TMPDIR/outside
  mkdir "$OUTSIDE"
}
teardown() { common_teardown; }

# nothing_outside: no path of a bundle has led to the host's directory.
nothing_outside() { expect "$(find "$OUTSIDE" -mindepth 1)" ""; }

# without_dev: the bundle's /dev is its root file system's own, but for /dev/pts.
without_dev() {
  edit_config "$BUNDLE" '.mounts |= map(select(.destination | (startswith("/dev") | not) or . == "/dev/pts"))'
  rm -rf "$BUNDLE/rootfs/dev"
  mkdir -p "$BUNDLE/rootfs/dev/pts"
}

@test "CVE-2019-5736: no program of the guest's own is written through /proc/PID/exe" {
  busybox_bundle "$BUNDLE" sh -c 'while :; do for exe in /proc/[0-9]*/exe; do (echo x >>"$exe") 2>/dev/null && echo "$exe" >>/written; done; done'
  printf '#!/proc/self/exe\n' >"$BUNDLE/rootfs/bin/evil"
  chmod +x "$BUNDLE/rootfs/bin/evil"
  kata run --detach --bundle "$BUNDLE" "$ID" >/dev/null 2>&1
  for _ in 1 2 3 4; do kata exec "$ID" /bin/evil </dev/null >/dev/null 2>&1 || true; done
  expect "$(kata exec "$ID" echo alive)" alive
  [ ! -e "$BUNDLE/rootfs/written" ]
  kata delete --force "$ID"
}

@test "CVE-2019-16884, CVE-2019-19921, CVE-2025-52881: nothing is mounted over /proc or through it" {
  local destination
  for destination in /proc /proc/self/attr /proc/1/root/x /proc/../proc/sys /proc/sys/kernel /run/link/sys; do
    busybox_bundle "$BUNDLE" cat /proc/sys/kernel/core_pattern
    mkdir -p "$BUNDLE/rootfs/run"
    ln -s /proc "$BUNDLE/rootfs/run/link"
    edit_config "$BUNDLE" '.mounts += [{"destination": $to, "type": "bind", "source": $from, "options": ["rbind"]}]' \
      --arg to "$destination" --arg from "$OUTSIDE"
    run ! kata run --bundle "$BUNDLE" "$ID"
    holds "$output" 'proc'
    rm -rf "$BUNDLE"
  done
  # A /proc that is a link to a directory of the image's: the limits of the kernel would be written there.
  busybox_bundle "$BUNDLE" true
  rmdir "$BUNDLE/rootfs/proc"
  mkdir "$BUNDLE/rootfs/fake"
  ln -s fake "$BUNDLE/rootfs/proc"
  run ! kata run --bundle "$BUNDLE" "$ID"
  holds "$output" '/proc.*(directory|link)'
  nothing_outside
}

@test "CVE-2021-30465, CVE-2024-45310, CVE-2020-2026: a link in a volume leads a mount nowhere on the host, also when it comes and goes" {
  local volume=$BATS_TEST_TMPDIR/volume swapper
  mkdir "$volume"
  ln -s "$OUTSIDE" "$volume/link"
  start_pod
  (
    set +e
    while :; do
      rm -rf "$volume/swapped"
      mkdir "$volume/swapped"
      rmdir "$volume/swapped"
      ln -s "$OUTSIDE" "$volume/swapped"
    done 2>/dev/null
  ) 3>&- &
  swapper=$!
  for round in 1 2 3 4; do
    in_pod "$BUNDLE" container sh -c 'touch /v/link/made/file /v/swapped/made/file'
    edit_config "$BUNDLE" '.mounts += [{"destination": "/v", "type": "bind", "source": $volume, "options": ["rbind"]},
        {"destination": "/v/link/made", "type": "tmpfs", "source": "tmpfs"}, {"destination": "/v/link/file", "type": "bind", "source": "/etc/hostname", "options": ["bind"]},
        {"destination": "/v/swapped/made", "type": "tmpfs", "source": "tmpfs"}]' --arg volume "$volume"
    kata run --bundle "$BUNDLE" "$ID-$round" >/dev/null 2>&1 || true
    kata delete --force "$ID-$round" 2>/dev/null || true
    rm -rf "$BUNDLE"
  done
  kill "$swapper"
  wait "$swapper" || true
  nothing_outside
  kata delete --force "$POD"
}

@test "CVE-2024-21626: no working directory is one that the runtime or the agent has open" {
  local number
  busybox_bundle "$BUNDLE"
  ln -s /proc/self/fd/5 "$BUNDLE/rootfs/five"
  kata run --detach --bundle "$BUNDLE" "$ID" >/dev/null 2>&1
  for number in 3 4 5 6 7 8 9 10 11 12; do run ! kata exec --cwd "/proc/self/fd/$number" "$ID" ls; done
  run ! kata exec --cwd /five "$ID" ls
  kata delete --force "$ID"
  for number in 3 7 8; do
    edit_config "$BUNDLE" '.process.args = ["ls"] | .process.cwd = $cwd' --arg cwd "/proc/self/fd/$number"
    run ! kata run --bundle "$BUNDLE" "$ID"
  done
}

@test "CVE-2025-31133: what is masked is masked by the guest's own /dev/null, not by the image's" {
  busybox_bundle "$BUNDLE" sh -c 'cat /proc/kcore /proc/keys | wc -c; grep -cE "sysrq-trigger [^ ]* *rw" /proc/self/mountinfo; (echo h >/proc/sysrq-trigger) 2>&1'
  without_dev
  ln -s /proc/sysrq-trigger "$BUNDLE/rootfs/dev/null"
  edit_config "$BUNDLE" '.linux.maskedPaths = ["/proc/kcore", "/proc/keys"]'
  run -1 --separate-stderr kata run --bundle "$BUNDLE" "$ID"
  expect "${lines[0]} ${lines[1]}" "0 0"
  holds "${lines[2]}" 'Read-only file system|Permission denied'
}

@test "CVE-2025-52565: a console is not mounted where a link of the image's leads" {
  busybox_bundle "$BUNDLE" sh -c 'grep -c core_pattern /proc/self/mountinfo'
  without_dev
  edit_config "$BUNDLE" '.process.terminal = true'
  ln -s /proc/sys/kernel/core_pattern "$BUNDLE/rootfs/dev/console"
  run python3 "$BATS_TEST_DIRNAME/lib/drive_terminal.py" 40 120 "$KATA_RUNTIME" --root "$KATA_ROOT" run --bundle "$BUNDLE" "$ID" </dev/null
  # The link has made way for the console; grep found nothing.
  expect "$status $(tr -d '\r' <<<"$output")" "1 0"
  kata delete --force "$ID" 2>/dev/null || true
}

@test "CVE-2022-0847: a pipe does not write to a file that is read-only" {
  mkdir "$BATS_TEST_TMPDIR/volume"
  echo kept as it is >"$BATS_TEST_TMPDIR/volume/file"
  busybox_bundle "$BUNDLE" sh -c 'guest_probe /v piped; cat /v/file; echo x >/v/file'
  cp "$KATA_BUILD_DIR/tests/guest_probe" "$BUNDLE/rootfs/bin/"
  edit_config "$BUNDLE" '.mounts += [{"destination": "/v", "type": "bind", "source": $v, "options": ["rbind", "ro"]}]' \
    --arg v "$BATS_TEST_TMPDIR/volume"
  run -1 kata run --bundle "$BUNDLE" "$ID"
  holds "$output" '^ok piped'
  holds "$output" '^kept as it is'
  holds "$output" 'Read-only file system'
  expect "$(cat "$BATS_TEST_TMPDIR/volume/file")" 'kept as it is'
}

@test "a container that may do everything finds the guest's kernel closed for what nobody needs" {
  busybox_bundle "$BUNDLE" sh -c 'cd /proc/sys; for each in fs/protected_symlinks fs/protected_hardlinks fs/protected_fifos fs/protected_regular \
    kernel/dmesg_restrict kernel/unprivileged_bpf_disabled kernel/kptr_restrict kernel/kexec_load_disabled kernel/sysrq; do
    echo "${each##*/} $(cat $each)"; done; echo 0 >kernel/kexec_load_disabled'
  make_privileged "$BUNDLE"
  run -1 --separate-stderr kata run --bundle "$BUNDLE" "$ID"
  expect "$output" "$(printf '%s\n' 'protected_symlinks 1' 'protected_hardlinks 1' 'protected_fifos 1' 'protected_regular 2' 'dmesg_restrict 1' \
    'unprivileged_bpf_disabled 2' 'kptr_restrict 1' 'kexec_load_disabled 1' 'sysrq 0')"
  # shellcheck disable=SC2154
  holds "$stderr" 'Invalid argument'
}

# in_the_guest SCRIPT: as its root, outside of every container, which is more than a container that has broken out may have.
in_the_guest() { kata exec "$POD" <<<"$1
exit" 2>&1; }

@test "the guest's root: its links in what is shared lead nowhere, and what is read-only for a container is so for it" {
  local modules
  modules=$(sha256sum "$KATA_SHARE"/modules/*/modules.dep)
  mkdir "$BATS_TEST_TMPDIR/read-only"
  echo kept >"$BATS_TEST_TMPDIR/read-only/file"
  printf '[agent.kata]\ndebug_console_enabled = true\n' >"$BATS_TEST_TMPDIR/kata.toml"
  export KATA_CONF_FILE=$BATS_TEST_TMPDIR/kata.toml
  start_pod
  in_pod "$BUNDLE" container
  edit_config "$BUNDLE" '.root.readonly = true | .mounts += [{"destination": "/read-only", "type": "bind", "source": $from, "options": ["rbind", "ro"]}]' \
    --arg from "$BATS_TEST_TMPDIR/read-only"
  kata run --detach --bundle "$BUNDLE" "$ID" >/dev/null 2>&1
  in_the_guest "cd /run/kata-containers/shared/containers
    for d in 0-read-only $ID/rootfs \$(find . -maxdepth 2 -name '[0-9]*-amd64'); do touch \$d/made; mkdir \$d/made-too; done
    for f in 0-read-only/file \$(find . -maxdepth 3 -name modules.dep); do echo x >>\$f; done
    ln -s $OUTSIDE $ID-next; ln -s $OUTSIDE 1-etc; mv $POD away; ln -s $OUTSIDE $POD; mv watchable w; ln -s $OUTSIDE watchable;" >"$BATS_TEST_TMPDIR/said"
  # It was there, and tried.
  expect "$(grep -c 'Read-only file system' "$BATS_TEST_TMPDIR/said")" 14
  expect "$(find "$BATS_TEST_TMPDIR/read-only" "$BUNDLE/rootfs" -name 'made*')" ""
  expect "$(cat "$BATS_TEST_TMPDIR/read-only/file")" kept
  expect "$(sha256sum "$KATA_SHARE"/modules/*/modules.dep)" "$modules"
  # What comes next is made through the links, or is not.
  in_pod "$BUNDLE-next" container sh -c 'echo x >/file; echo x >/v/file'
  mkdir "$BATS_TEST_TMPDIR/etc"
  edit_config "$BUNDLE-next" '.mounts += [{"destination": "/v", "type": "bind", "source": $from, "options": ["rbind"]}]' --arg from "$BATS_TEST_TMPDIR/etc"
  run -0 kata run --bundle "$BUNDLE-next" "$ID-next"
  expect "$(cat "$BATS_TEST_TMPDIR/etc/file")" x
  nothing_outside
  kata delete --force "$ID-next" 2>/dev/null || true
  kata delete --force "$ID"
  kata delete --force "$POD"
  nothing_outside
}
