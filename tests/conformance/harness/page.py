"""docs/conformance.md, made from the table."""
import difflib
import pathlib
import sys

PAGE = pathlib.Path(__file__).resolve().parents[3] / "docs/conformance.md"
HEAD = """# Conformance

<!-- Made by `tests/conformance/conformance.py page` from tests/conformance/rows; ./dev check says when it is stale. -->

What a container sees is compared with runc, in the same run: each row below is a small bundle (a change to `runc spec`, a command,
what to compare) that `./dev test conformance` runs with runc and with kata-runtime. A difference fails, unless the row names its
reason. How rows are written and run: [tests/conformance](../tests/conformance/README.md).
"""


def cell(text):
    return " ".join(text.split()).replace("|", "\\|")


def different(rows):
    out = ["## Where kata differs", ""]
    reasons = [row for row in rows if row.differs]
    if not reasons:
        return out + ["Nowhere that a row knows of.", ""]
    out += ["| row | what runc does | why kata's answer differs |", "|---|---|---|"]
    out += [f"| `{row.name}` | {cell(row.why)} | {cell(row.differs)} |" for row in reasons]
    return out + [""]


def alike(rows, area):
    out = [f"### {area.replace('_', ' ').capitalize()}", "", "| row | what both do | compared |", "|---|---|---|"]
    for row in rows:
        needs = f"; needs {', '.join(row.needs)}" if row.needs else ""
        out.append(f"| `{row.name}` | {cell(row.why)} | {', '.join(row.compare)}{needs} |")
    return out + [""]


def text(rows):
    same = [row for row in rows if not row.differs]
    out = [HEAD]
    out += different(rows)
    out += ["## Where it does not", ""]
    for area in sorted({row.area for row in same}):
        out += alike([row for row in same if row.area == area], area)
    return "\n".join(out).rstrip() + "\n"


def write(rows):
    PAGE.write_text(text(rows))
    return 0


def check(rows):
    wanted, found = text(rows), PAGE.read_text() if PAGE.exists() else ""
    if wanted == found:
        return 0
    lines = difflib.unified_diff(found.splitlines(), wanted.splitlines(), "docs/conformance.md", "the table", lineterm="", n=0)
    print("\n".join(list(lines)[:20]))
    print("docs/conformance.md is stale (try: tests/conformance/conformance.py page)", file=sys.stderr)
    return 1
