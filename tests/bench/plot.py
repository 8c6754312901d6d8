#!/usr/bin/python3
"""plot.py BENCH OUT.svg: where the time of `kata-runtime do -- true` goes, a bar for each kernel, from the raw data of ./dev bench."""
import json
import sys

PHASES = ["prepare", "shim", "VMM", "firmware", "kernel", "agent", "channel", "sandbox", "container", "start", "command", "remove"]
COLOURS = ["#8da0cb", "#66c2a5", "#fc8d62", "#ffd92f", "#a6d854", "#e78ac3", "#e5c494", "#b3b3b3", "#80b1d3", "#fb8072", "#bebada", "#ccebc5"]
LEFT, WIDTH, BAR, GAP = 90, 760, 44, 26


def main(bench, out):
    bars = {}
    with open(f"{bench}/results.jsonl", encoding="utf-8") as file:
        for line in file:
            record = json.loads(line)
            parts = record["name"].split("-", 2)
            if parts[0] == "phase" and parts[2] in PHASES:
                bars.setdefault(parts[1], {})[parts[2]] = record["value"]
    if not bars:
        sys.exit(f"{bench}/results.jsonl has no phases: run ./dev bench boot")
    longest = max(sum(bar.values()) for bar in bars.values())
    height = len(bars) * (BAR + GAP) + 90
    svg = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 80}" height="{height}" font-family="sans-serif" font-size="13">',
        f'<rect width="100%" height="100%" fill="white"/><text x="{LEFT}" y="22">kata-runtime do -- true, emulated (TCG): milliseconds of each phase, medians</text>',
    ]
    for row, (kernel, bar) in enumerate(bars.items()):
        x, y = float(LEFT), 40 + row * (BAR + GAP)
        svg.append(f'<text x="{LEFT - 8}" y="{y + BAR / 2 + 5}" text-anchor="end">{kernel}</text>')
        for name, colour in zip(PHASES, COLOURS):
            width = bar.get(name, 0) * WIDTH / longest
            svg.append(f'<rect x="{x:.1f}" y="{y}" width="{max(width, 0):.1f}" height="{BAR}" fill="{colour}"><title>{name}: {bar.get(name, 0):.0f} ms</title></rect>')
            if width > 34:
                svg.append(f'<text x="{x + width / 2:.1f}" y="{y + BAR / 2 + 5}" text-anchor="middle">{bar[name]:.0f}</text>')
            x += width
        svg.append(f'<text x="{x + 6:.1f}" y="{y + BAR / 2 + 5}">{sum(bar.values()):.0f}</text>')
    x, y = LEFT, height - 34
    for name, colour in zip(PHASES, COLOURS):
        svg.append(f'<rect x="{x}" y="{y}" width="12" height="12" fill="{colour}"/><text x="{x + 16}" y="{y + 11}" font-size="11">{name}</text>')
        x += 26 + 7 * len(name)
    with open(out, "w", encoding="utf-8") as file:
        file.write("\n".join(svg) + "\n</svg>\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
