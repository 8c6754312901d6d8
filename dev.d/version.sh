# shellcheck shell=bash
# Say the version of the sources, or set it everywhere (./dev version [NEW])

# CMakeLists.txt has it. Where another tool needs it in a file of its own, it is written from here, and `./dev check` compares.
. dev.d/release.bash
old=$(source_version)
if [ $# -eq 0 ]; then
  echo "$old"
  exit 0
fi
new=$1
[[ $new =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] || die "\"$new\" is no version such as 0.2.0"
sed -i "s/^project(kata-cpp VERSION [0-9.]*/project(kata-cpp VERSION $new/" CMakeLists.txt
sed -i -E "s/^(version|appVersion): .*/\1: $new/" deploy/helm/kata-deploy/Chart.yaml
sed -i -E "s/^(  tag: ).*/\1$new/" deploy/helm/kata-deploy/values.yaml
sed -i -E "s/(app.kubernetes.io\/version: \"|kata-deploy:)${old//./\\.}\"/\1$new\"/" deploy/manifests/*.yaml
if [ "$(dpkg-parsechangelog --file debian/changelog --show-field Version)" != "$new" ]; then
  {
    printf 'kata-cpp (%s) unstable; urgency=medium\n\n  * %s\n\n' "$new" "What changed for users: CHANGELOG.md in the sources."
    printf ' -- %s  %s\n\n' "$(sed -n 's/^Maintainer: //p' debian/control)" "$(date -uR)"
    cat debian/changelog
  } >debian/changelog.new
  mv debian/changelog.new debian/changelog
fi
say "$old became $new: write what changed into CHANGELOG.md"
