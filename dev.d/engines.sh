# shellcheck shell=bash
# Build container engines of the Go proxy for the tests (./dev engines [NAME]...: folders of tests/engines)

# A folder has go.mod and go.sum, tools.go, which imports the programs, and engine.sh, which may set $tags, $ldflags, $cgo and $modfile and
# have a function and_also DIRECTORY. $KATA_CACHE_DIR/engines/NAME-<hash of the folder and of Go's version>/bin appears when
# it is complete, and is printed.
. dev.d/archive.bash
free_gib=4 # what the modules and objects of the largest one take

left_out() { say "$name is left out: $*"; }

key() {
  { "$go" version; cd "$folder" && find . -type f | LC_ALL=C sort | while read -r file; do echo "$file"; cat "$file"; done; } |
    sha256sum | cut -c 1-16
}

# has_space: where Go keeps what it downloads and compiles, and where the programs go.
has_space() {
  local each
  for each in "$("$go" env GOMODCACHE)" "$("$go" env GOCACHE)" "$KATA_CACHE_DIR"; do
    mkdir -p "$each" || return
    [ "$(df --output=avail -B 1G "$each" | tail -n 1)" -ge "$free_gib" ] || return
  done
}

# build DIRECTORY
build() {
  local tags="" ldflags="" cgo=0 modfile="" packages
  mapfile -t packages < <(sed -n 's/^\t_ "\(.*\)".*/\1/p' "$folder/tools.go")
  # shellcheck disable=SC1091
  . "$folder/engine.sh"
  mkdir "$1/bin"
  (cd "$folder" && quietly "$KATA_BUILD_DIR/log/engine-$name.log" \
    env CGO_ENABLED="$cgo" GOFLAGS="-mod=readonly -buildvcs=false" GOTOOLCHAIN=local \
    "$go" build -trimpath ${modfile:+-modfile "$modfile"} -tags "$tags" -ldflags "-s -w $ldflags" -o "$1/bin/" "${packages[@]}") || return
  ! declare -F and_also >/dev/null || and_also "$1/bin"
}

engine() {
  local name=$1 folder=$KATA_SOURCE/tests/engines/$1 place go
  [ -f "$folder/engine.sh" ] || die "there is no engine \"$name\"; tests/engines has: $(names)"
  go=$(command -v go || echo /usr/local/go/bin/go)
  [ -x "$go" ] || { left_out "there is no Go toolchain"; return 0; }
  place=$KATA_CACHE_DIR/engines/$name-$(key)
  mkdir -p "$KATA_CACHE_DIR/engines"
  exec 7>"$KATA_CACHE_DIR/engines/.$name.lock"
  flock -n 7 || { say "waiting for another ./dev engines, which builds $name"; flock 7; }
  if [ ! -d "$place" ]; then
    has_space || { left_out "there are less than $free_gib GiB free for it"; return 0; }
    say "building $name; one to six minutes of two processors the first time"
    complete_directory "$place" build || { left_out "it could not be built"; return 0; }
    find "$KATA_CACHE_DIR/engines" -maxdepth 1 -name "$name-????????????????" -mtime +7 -exec rm -rf {} +
  fi
  touch "$place"
  exec 7>&-
  echo "$place/bin"
}

names() { (cd "$KATA_SOURCE/tests/engines" && for each in */engine.sh; do printf '%s ' "${each%/*}"; done); }

# shellcheck disable=SC2046
[ $# -gt 0 ] || set -- $(names)
for each in "$@"; do engine "$each"; done
