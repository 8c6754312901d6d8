# shellcheck shell=bash
# What all that is made for users has in common: the version, and the one time that its files have. Sourced.

source_version() { sed -n 's/^project(kata-cpp VERSION \([0-9.]*\).*/\1/p' "$KATA_SOURCE/CMakeLists.txt"; }

# commit_time: of the last commit; without git, that of the last entry of debian/changelog.
commit_time() {
  git -c safe.directory='*' -C "$KATA_SOURCE" log -1 --format=%ct 2>/dev/null ||
    dpkg-parsechangelog --file "$KATA_SOURCE/debian/changelog" --show-field Timestamp
}

: "${SOURCE_DATE_EPOCH:=$(commit_time)}"
export SOURCE_DATE_EPOCH
