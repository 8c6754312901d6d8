#!/usr/bin/env python3
"""hints.py [ROOT]: every hint of an error starts with a verb that says what to do.

An error's text ends with "(try: HINT)", so a hint reads as a command: "set X to Y", "install Z". Looks at what stands in
`.hint(…)`: a literal, concat() of one, or a name that is given such a value in the same file.
"""
import pathlib
import re
import sys

VERBS = set("""
add allow build check choose delete find free give increase install kill let load lower make mount move pass plug
raise reduce remove rename repeat replace resume run see set shorten start stop unmount update upgrade use wait
""".split())
# What is no literal where it is used: it is checked where it is made, or comes from another process.
ELSEWHERE = {"message.hint", "advice.text", "finding.fix", "fix"}

LITERAL = r'(?:concat\(\s*|std::string\(\s*)?"((?:[^"\\]|\\.)*)'
HINT = re.compile(r"\.hint\(\s*(?:" + LITERAL + r"|(?:concat\(\s*)?([\w.>-]+))")
# Tables of hints: {"pattern", "hint"}.
TABLE = re.compile(r"constexpr Advice \w+\[\] = \{(.*?)\n\};", re.S)
ROW = re.compile(r'\{\s*"(?:[^"\\]|\\.)*",\s*"((?:[^"\\]|\\.)*)"')


def hints(text):
    """Yields (offset, the hint's beginning or None, what stands in the source)."""
    for found in HINT.finditer(text):
        literal, name = found.groups()
        if literal is None and name not in ELSEWHERE:
            given = re.search(rf"\b{re.escape(name)}\s*=\s*" + LITERAL, text)
            literal = given.group(1) if given else None
        elif literal is None:
            continue
        yield found.start(), literal, name
    for table in TABLE.finditer(text):
        for row in ROW.finditer(table.group(1)):
            yield table.start(1) + row.start(1), row.group(1), None


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[2])
    bad = 0
    for room in ("lib", "agent", "hypervisor", "runtime", "shim", "cli", "deploy"):
        for path in sorted((root / room).rglob("*.cc")) + sorted((root / room).rglob("*.h")):
            if path.name.endswith("_test.cc"):
                continue
            text = path.read_text()
            for offset, literal, name in hints(text):
                if literal is not None and literal.split(" ")[0].strip(",:") in VERBS:
                    continue
                line = text.count("\n", 0, offset) + 1
                shown = f'"{literal}"' if literal is not None else name
                print(f"{path.relative_to(root)}:{line}: the hint {shown} does not start with a verb of tests/check/hints.py")
                bad = 1
    return bad


sys.exit(main())
