#!/usr/bin/env python3
"""terminal.py TRANSCRIPT: draws what a terminal showed, as an SVG on stdout.

A line that begins with "$ " is a command, "# " before any command the title, all others are output. The same transcript gives
the same bytes. Letters are the viewer's own monospaced font, each line stretched to its place, so the picture has no font in it.
"""

import re
import sys
from xml.sax.saxutils import escape

LETTER, LINE, MARGIN, BAR, SIZE = 8.0, 19, 16, 34, 13
PAPER, TEXT, PROMPT, TITLE = "#1b1f27", "#d6dbe4", "#7fd18b", "#8b94a5"
# The words of `kata-runtime check`.
MARKS = {"[ok]": "#7fd18b", "[warning]": "#e5c07b", "[error]": "#e06c75"}


def spans(line):
    """The line's parts, with their colours."""
    if line.startswith("$ "):
        return [("$ ", PROMPT), (line[2:], "#ffffff")]
    parts = re.split("(" + "|".join(re.escape(mark) for mark in MARKS) + ")", line)
    return [(part, MARKS.get(part, TEXT)) for part in parts if part]


def row(line, number):
    out, column = [], 0
    for text, colour in spans(line):
        lead = len(text) - len(text.lstrip(" "))
        words = text.strip(" ")
        if words:
            x, width = MARGIN + (column + lead) * LETTER, len(words) * LETTER
            out.append(
                f'<text x="{x:g}" y="{BAR + MARGIN + number * LINE}" fill="{colour}" textLength="{width:g}"'
                f' xml:space="preserve">{escape(words)}</text>'
            )
        column += len(text)
    return out


def draw(text):
    lines = [line.rstrip() for line in text.expandtabs().strip("\n").split("\n")]
    title = lines.pop(0)[2:] if lines[0].startswith("# ") else ""
    if any(not (letter.isprintable()) for line in lines for letter in line):
        sys.exit("terminal.py: the transcript has control characters")
    width = 2 * MARGIN + max(len(line) for line in lines) * LETTER
    height = BAR + MARGIN + len(lines) * LINE
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height}" width="{width:g}" role="img"'
        f' aria-label="{escape(title, {chr(34): "&quot;"})}" font-family="ui-monospace,Menlo,Consolas,monospace" font-size="{SIZE}">',
        f'<rect width="100%" height="100%" rx="8" fill="{PAPER}"/>',
    ]
    out += [f'<circle cx="{18 + 18 * n}" cy="17" r="5" fill="{c}"/>' for n, c in enumerate(("#e06c75", "#e5c07b", "#7fd18b"))]
    out.append(f'<text x="{width / 2:g}" y="21" fill="{TITLE}" text-anchor="middle">{escape(title)}</text>')
    for number, line in enumerate(lines):
        out += row(line, number)
    return "\n".join(out) + "\n</svg>\n"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as transcript:
        print(draw(transcript.read()), end="")
