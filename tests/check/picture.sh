#!/usr/bin/env bash
# picture.sh: docs/terminal.svg is what dev.d/terminal.py draws of docs/terminal.txt, of the commands of dev.d/picture.sh; and
# whatever a terminal shows becomes a well-formed picture with the same words.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

dev.d/terminal.py docs/terminal.txt | cmp - docs/terminal.svg || { echo "docs/terminal.svg is stale: run ./dev picture"; exit 1; }
diff <(sed -n '/<<.END_OF_COMMANDS/,/^END_OF_COMMANDS/p' dev.d/picture.sh | sed '1d;$d') <(sed -n 's/^\$ //p' docs/terminal.txt) ||
  { echo "docs/terminal.txt is of other commands than dev.d/picture.sh: run ./dev picture"; exit 1; }
[ "$(stat -c %s docs/terminal.svg)" -lt 16384 ] || { echo "docs/terminal.svg is too large for a front page"; exit 1; }

cat >"$work/transcript" <<'END_OF_TRANSCRIPT'
# a "title" & more <of it>
$ echo '<a href="x">' && echo "two  spaces"
<a href="x">
  [ok] engine: fine [warning] not   [error]

END_OF_TRANSCRIPT
dev.d/terminal.py "$work/transcript" >"$work/picture.svg"
python3 - "$work/picture.svg" <<'END_OF_TEST'
import sys, xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1]).getroot()
words = [each.text for each in root.iter("{http://www.w3.org/2000/svg}text")]
wanted = ['a "title" & more <of it>', "$", "echo '<a href=\"x\">' && echo \"two  spaces\"", '<a href="x">',
          "[ok]", "engine: fine", "[warning]", "not", "[error]"]
if words != wanted or root.get("aria-label") != wanted[0]:
    sys.exit(f"the picture says {words}")
END_OF_TEST
printf '$ a\n\033[31mred\n' >"$work/transcript"
if dev.d/terminal.py "$work/transcript" >/dev/null 2>&1; then
  echo "terminal.py draws control characters"
  exit 1
fi
