#!/usr/bin/env bash
# version.sh [ROOT]: every file that has the project's version has that of CMakeLists.txt (./dev version NEW sets them all).
set -euo pipefail
cd "${1:-$(dirname "$(readlink -f "$0")")/../..}"
bad=0
version=$(sed -n 's/^project(kata-cpp VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
[ -n "$version" ] || { echo "CMakeLists.txt has no version"; exit 1; }

# is NAME LINES: each of the lines has the version, and there is one.
is() {
  if [ -z "$2" ] || grep -vqF "$version" <<<"$2"; then
    echo "$1 is not of version $version: $2"
    bad=1
  fi
}

chart=deploy/helm/kata-deploy
is "$chart/Chart.yaml" "$(grep -E '^(appV|v)ersion:' "$chart/Chart.yaml" || true)"
is "$chart/values.yaml" "$(grep -E '^  tag:' "$chart/values.yaml" || true)"
for each in deploy/manifests/*.yaml; do is "$each" "$(grep -E 'app.kubernetes.io/version:|image: ' "$each" || true)"; done
is debian/changelog "$(head -n 1 debian/changelog)"
is CHANGELOG.md "$(grep -m 1 '^## ' CHANGELOG.md || true)"
exit "$bad"
