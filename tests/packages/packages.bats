#!/usr/bin/env bats
# The Debian packages and the tarball: what is in them, and their life on a Debian that has nothing else of ours (life.sh).

source_tree=$(readlink -f "$(dirname "$(readlink -f "$BATS_TEST_FILENAME")")/../..")
dev=$source_tree/dev
: "${KATA_BUILD_DIR:=$source_tree/build}"
: "${KATA_PACKAGES_OS:=bare-debian-12}"
# ./dev os shows this directory to what runs in it, at the same path.
made=$KATA_BUILD_DIR-$KATA_PACKAGES_OS

setup_file() {
  [ "$(id -u)" -eq 0 ] || return 0
  rm -rf "$made"/{first,newer,local}
  mkdir -p "$made"
  "$dev" deb "$made/first"
  "$dev" tarball "$made/first"
  KATA_PACKAGE_VERSION=$(version)+1 "$dev" deb "$made/newer"
  cmake --install "$KATA_BUILD_DIR" --prefix "$made/local" >/dev/null
  # In its own time: each test that asks for a step sees all that was said until the failure.
  "$dev" os "$KATA_PACKAGES_OS" -- bash "$source_tree/tests/packages/life.sh" \
    "$made/first" "$made/newer" "$made/first/kata-static-$(version)-amd64.tar.zst" "$made/local" >"$made/life.log" 2>&1 || true
} >&2 3>&-

setup() {
  load ../integration/lib/kata
  bats_require_minimum_version 1.5.0
  [ "$(id -u)" -eq 0 ] || skip "needs root"
}

version() { sed -n 's/^project(kata-cpp VERSION \([0-9.]*\).*/\1/p' "$source_tree/CMakeLists.txt"; }

# names PACKAGE: its files, without directories.
names() { dpkg-deb --fsys-tarfile "$made/first/$1_$(version)_amd64.deb" | tar -t | grep -v '/$' | sed 's/^\.//' | LC_ALL=C sort; }

# stepped STEP: life.sh came past it.
stepped() { grep -qx "done: $1" "$made/life.log" || { tail -n 60 "$made/life.log" >&2; return 1; }; }

@test "lintian has nothing to say, and all packages together are below 30 MB" {
  run -0 lintian --allow-root --fail-on error,warning "$made"/first/*.deb
  expect "$output" ""
  [ "$(cat "$made"/first/*.deb | wc -c)" -lt 30000000 ]
}

@test "kata-runtime: these files and no others; what one may change is in /etc/kata-containers" {
  diff - <(names kata-runtime) <<'END'
/etc/apparmor.d/kata-runtime
/etc/kata-containers/configuration.toml
/usr/bin/containerd-shim-kata-v2
/usr/bin/kata-runtime
/usr/lib/modules-load.d/kata-runtime.conf
/usr/lib/tmpfiles.d/kata-runtime.conf
/usr/libexec/kata-containers/kata-lookup-errors.so
/usr/libexec/kata-containers/kata-standin
/usr/share/bash-completion/completions/kata-runtime
/usr/share/doc/kata-runtime/changelog.gz
/usr/share/doc/kata-runtime/copyright
/usr/share/lintian/overrides/kata-runtime
/usr/share/man/man8/containerd-shim-kata-v2.8.gz
/usr/share/man/man8/kata-runtime.8.gz
END
  expect "$(dpkg-deb -I "$made"/first/kata-runtime_*.deb conffiles | sort)" "$(printf '%s\n' /etc/apparmor.d/kata-runtime /etc/kata-containers/configuration.toml)"
}

@test "kata-deploy-tools: the installer, its chart and its manifests" {
  diff - <(names kata-deploy-tools | grep -v '/helm/kata-deploy/templates/') <<'END'
/usr/bin/kata-deploy
/usr/share/doc/kata-deploy-tools/changelog.gz
/usr/share/doc/kata-deploy-tools/copyright
/usr/share/kata-deploy/helm/kata-deploy/Chart.yaml
/usr/share/kata-deploy/helm/kata-deploy/values.schema.json
/usr/share/kata-deploy/helm/kata-deploy/values.yaml
/usr/share/kata-deploy/manifests/kata-deploy-k0s.yaml
/usr/share/kata-deploy/manifests/kata-deploy-k3s.yaml
/usr/share/kata-deploy/manifests/kata-deploy-microk8s.yaml
/usr/share/kata-deploy/manifests/kata-deploy-rke2.yaml
/usr/share/kata-deploy/manifests/kata-deploy.yaml
/usr/share/man/man8/kata-deploy.8.gz
END
}

@test "kata-guest: a kernel, its initrd, a busybox, modules of that kernel alone; its sources are named" {
  local release
  diff - <(names kata-guest | grep -vE '/(busybox-rootfs|modules)/') <<'END'
/usr/share/doc/kata-guest/changelog.gz
/usr/share/doc/kata-guest/copyright
/usr/share/kata-containers/kata-containers-initrd.img
/usr/share/kata-containers/vmlinux.container
/usr/share/lintian/overrides/kata-guest
END
  release=$(strings -n 8 "$KATA_BUILD_DIR/share/kata-containers/vmlinux.container" | sed -n 's/^Linux version \([^ ]*\) .*/\1/p' | head -n 1)
  run -1 grep -v "^/usr/share/kata-containers/modules/$release/" <(names kata-guest | grep /modules/)
  names kata-guest | grep -qx /usr/share/kata-containers/busybox-rootfs/bin/busybox
  holds "$(dpkg-deb -f "$made"/first/kata-guest_*.deb Built-Using)" 'busybox \(= .*glibc \(= .*linux \(= [0-9]'
  run -2 dpkg-deb -I "$made"/first/kata-guest_*.deb conffiles
}

@test "programs of the packages keep what hardens them: read-only relocations, no symbols, a build-id" {
  local file
  dpkg-deb -x "$made"/first/kata-runtime_*.deb "$BATS_TEST_TMPDIR/root"
  for file in bin/kata-runtime bin/containerd-shim-kata-v2 libexec/kata-containers/kata-standin; do
    readelf -lW "$BATS_TEST_TMPDIR/root/usr/$file" | grep -F GNU_RELRO
    readelf -nW "$BATS_TEST_TMPDIR/root/usr/$file" | grep -F 'Build ID'
    run -1 grep -E '\.(symtab|debug_info)' <(readelf -SW "$BATS_TEST_TMPDIR/root/usr/$file")
  done
}

@test "the tarball has everything below opt/kata, and configuration.toml is a link to configuration-qemu.toml" {
  local list
  list=$(tar -tvf "$made/first/kata-static-$(version)-amd64.tar.zst")
  run -1 grep -vE ' \./opt/(kata/.*)?$' <<<"$list"
  for file in bin/kata-runtime bin/containerd-shim-kata-v2 bin/kata-deploy libexec/kata-containers/kata-standin share/kata-containers/vmlinux.container \
    share/kata-containers/kata-containers-initrd.img share/defaults/kata-containers/configuration-qemu.toml; do
    grep -qE "^-.* 0/0 .* \./opt/kata/$file\$" <<<"$list"
  done
  holds "$list" '/share/defaults/kata-containers/configuration.toml -> configuration-qemu.toml$'
}

@test "the same commit gives the same bytes, in another directory with files of another time too" {
  local file again=$KATA_BUILD_DIR-again
  rm -rf "$again"
  mkdir -p "$again"
  cd "$source_tree"
  git -c safe.directory='*' ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents --no-dereference --preserve=mode -t "$again"
  cp -r .git "$again/"
  KATA_BUILD_DIR=$again/build "$again/dev" deb "$again/packages" 3>&-
  KATA_BUILD_DIR=$again/build "$again/dev" tarball "$again/packages" 3>&-
  for file in "$made"/first/*; do cmp "$file" "$again/packages/${file##*/}"; done
  rm -rf "$again"
}

@test "debian/control asks for what ./dev setup installs, and debian/changelog is of the sources' version" {
  run -1 grep -vxF "$(sed 's/[ #].*//' "$source_tree/dev.d/packages.txt")" \
    <(sed -n '/^Build-Depends:/,/^$/p' "$source_tree/debian/control" | sed -E 's/Build-Depends: debhelper-compat.*/debhelper/; s/[ ,]//g; /^$/d')
  expect "$(dpkg-parsechangelog --file "$source_tree/debian/changelog" --show-field Version)" "$(version)"
}

@test "a bare Debian: apt installs them, without KVM too" { stepped installed; }
@test "a bare Debian: kata-runtime check, with the package's configuration" { stepped checked; }
@test "a bare Debian: kata-runtime do -- uname prints the guest's kernel" { stepped runs; }
@test "a bare Debian: autopkgtest's test" { stepped autopkgtest; }
@test "a bare Debian: an upgrade keeps a running container and a changed configuration" { stepped upgraded; }
@test "a bare Debian: remove keeps the configuration" { stepped removed; }
@test "a bare Debian: purge leaves nothing" { stepped purged; }
@test "a bare Debian: the tarball in /opt/kata finds its own files" { stepped opt; }
@test "a bare Debian: what is installed in /usr/local finds its own files" { stepped usr_local; }
