#!/usr/bin/env python3
"""links.py [ROOT]: every relative link of a page leads to a file that is there, and every #anchor to a heading of that page.

Pages are the *.md files that git knows. Links to other sites are not followed.
"""

import pathlib
import re
import subprocess
import sys
import urllib.parse

CODE = re.compile(r"`[^`]*`")
LINK = re.compile(r"\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)|(?:src|href)=\"([^\"]+)\"")
ELSEWHERE = re.compile(r"^[a-z][a-z0-9+.-]*:")


def lines_of(page):
    """The page's lines without its blocks of code, with their numbers."""
    fence = ""
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        mark = re.match(r"\s*(```+|~~~+)", line)
        if mark and not fence:
            fence = mark[1]
        elif mark and line.strip().startswith(fence):
            fence = ""
        elif not fence:
            yield number, line


def anchor(heading):
    """What forges make of a heading: its words in small letters, with dashes between them."""
    text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[^\w\- ]", "", text.strip().lower().replace("`", "")).replace(" ", "-")


def anchors_of(page):
    seen, out = {}, set()
    for _, line in lines_of(page):
        heading = re.match(r"#{1,6}\s+(.*?)\s*#*$", line)
        if heading:
            name = anchor(heading[1])
            out.add(f"{name}-{seen[name]}" if name in seen else name)
            seen[name] = seen.get(name, 0) + 1
        out.update(re.findall(r"(?:id|name)=\"([^\"]+)\"", line))
    return out


def fault(page, target):
    """What is wrong with a link, or nothing."""
    path, _, name = target.partition("#")
    there = page if not path else page.parent / urllib.parse.unquote(path)
    if not there.exists():
        return f"there is no {path}"
    if name and there.suffix == ".md" and name not in anchors_of(there):
        return f"{path or page.name} has no heading #{name}"
    return ""


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    listed = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"]
    names = subprocess.run(listed, check=True, capture_output=True, text=True).stdout
    pages = [root / name for name in names.split("\0") if name and (root / name).exists()]
    if not pages:
        sys.exit("links.py: there are no pages")
    faults = 0
    for page in pages:
        for number, line in lines_of(page):
            for found in LINK.finditer(CODE.sub("", line)):
                target = found[1] or found[2]
                wrong = "" if ELSEWHERE.match(target) else fault(page, target)
                if wrong:
                    print(f"{page.relative_to(root)}:{number}: {wrong}")
                    faults += 1
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
