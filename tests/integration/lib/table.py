#!/usr/bin/env python3
"""table.py RUNC KATA PAGE ENGINE: compares the answers of the rows; a difference must be in the page's table "Engines, beside runc"."""
import fnmatch
import re
import sys


def answers(path):
    return dict(line.rstrip("\n").split("\t", 1) for line in open(path))


def known(page, engine):
    """Rows of the page for this engine: name, runc's answer, ours. A "*" stands for anything."""
    section = open(page).read().partition("### Engines, beside runc")[2].partition("\n#")[0]
    rows = {}
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) >= 4 and cells[0].startswith("`") and any(fnmatch.fnmatch(engine, each.strip()) for each in cells[1].split(",")):
            rows |= {name: tuple(cell.strip("`") for cell in cells[2:4]) for name in re.findall("`([^`]+)`", cells[0])}
    return rows


def matches(pattern, answer):
    return re.fullmatch(".*".join(re.escape(part) for part in pattern.split("*")), answer.strip()) is not None


def difference(name, runc, kata, page):
    """What is wrong with a row, or nothing."""
    both = f"\n  runc: {runc}\n  kata: {kata}"
    if "never became true" in runc:
        return "never became true with runc"
    if name not in page:
        return both if runc != kata else None
    if runc == kata:
        return f"docs/limitations.md says they differ, and both say: {kata}"
    if not (matches(page[name][0], runc) and matches(page[name][1], kata)):
        return f"docs/limitations.md has other answers than{both}"
    return None


runc, kata, page = answers(sys.argv[1]), answers(sys.argv[2]), known(sys.argv[3], sys.argv[4])
wrong = []
if not runc or list(runc) != list(kata):
    wrong.append(f"the rows are not the same: {sorted(set(runc) ^ set(kata)) or 'none at all'}")
wrong += [f"{name}: {why}" for name in runc if name in kata and (why := difference(name, runc[name], kata[name], page))]
print("\n".join(f"{sys.argv[4]}: {each}" for each in wrong), file=sys.stderr)
sys.exit(1 if wrong else 0)
