#!/usr/bin/env bats
# A whole distribution as the container's root file system.

setup() {
  load lib/kata
  load lib/bundle
  common_setup
}
teardown() { common_teardown; }

@test "Debian: bash, apt, perl, many files, symbolic and hard links, renames, unlinked files" {
  debian_bundle "$BUNDLE" bash -c '
    set -e
    . /etc/os-release; echo id=$ID
    echo packages=$(dpkg-query -W | wc -l)
    echo perl=$(perl -e "print 6 * 7")
    find / -xdev -type f | wc -l
    cd /work
    for i in $(seq 50); do echo $i >file$i; done; ln -s file1 link; ln file2 hard; mv file3 moved; rm file4
    exec 3<>gone; rm gone; echo still >&3;
    mkdir -p a/b/c; tar -cf t.tar file* a; tar -tf t.tar | wc -l >/dev/null; chmod 640 file5; chown 12:34 file5
    echo files=$(ls | wc -l); echo link=$(cat link)'
  mkdir -p "$BATS_TEST_TMPDIR/work" "$BUNDLE/rootfs/work"
  edit_config "$BUNDLE" '.mounts += [{"destination": "/work", "type": "bind", "source": $work, "options": ["rbind", "rw"]}]
    | .root.readonly = true | .process.capabilities |= map_values(. + ["CAP_FOWNER", "CAP_DAC_OVERRIDE"])' --arg work "$BATS_TEST_TMPDIR/work"
  run -0 --separate-stderr kata run --bundle "$BUNDLE" "$ID"
  holds "$output" '^id=debian$'
  holds "$output" '^perl=42$'
  holds "$output" '^link=1$'
  expect "$(stat -c '%a %u %g' "$BATS_TEST_TMPDIR/work/file5")" "640 12 34"
  expect "$(cat "$BATS_TEST_TMPDIR/work/hard")" 2
  umount "$BUNDLE/rootfs"
}
