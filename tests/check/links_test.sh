#!/usr/bin/env bash
# links_test.sh: a page with links that lead nowhere fails, and each of them is told.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
pages=$(mktemp -d)
trap 'rm -rf "$pages"' EXIT
git -C "$pages" init -q
mkdir "$pages/docs"
cat >"$pages/README.md" <<'END_OF_PAGE'
# A page
[there](docs/other.md#the-second-one-of-it) [here](#a-page) [site](https://example.org/x) `[code](nowhere)`
[gone](docs/gone.md) and [no heading](docs/other.md#nothing)
```
[in a block](nowhere.md)
```
<img src="docs/picture.svg">
END_OF_PAGE
printf '## The `second` one, of [it](../README.md)\n' >"$pages/docs/other.md"
if said=$("$here/links.py" "$pages"); then
  echo "links.py took a page whose links lead nowhere"
  exit 1
fi
diff - <(echo "$said") <<'END'
README.md:3: there is no docs/gone.md
README.md:3: docs/other.md has no heading #nothing
README.md:7: there is no docs/picture.svg
END
