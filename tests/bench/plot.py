"""Draws each page's share of its floor as an SVG that reads in light and dark."""

from __future__ import annotations

import math
from typing import Any
from xml.sax.saxutils import escape

from tests.bench.report import GOALS, judged_floor

LEFT, RIGHT, TOP, ROW, BAR = 190, 40, 64, 30, 7
WIDTH = 760
LEAST, MOST = 0.02, 2.0

STYLE = """\
text { font: 13px system-ui, sans-serif; fill: #1f2328; }
.small { font-size: 11px; fill: #59636e; }
.grid { stroke: #d1d9e0; }
.goal { stroke: #1f2328; stroke-width: 2; }
.range { stroke-width: 2; }
.c0 { stroke: #0969da; fill: #0969da; }
.c1 { stroke: #bc4c00; fill: #bc4c00; }
.c2 { stroke: #8250df; fill: #8250df; }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc; }
  .small { fill: #9198a1; }
  .grid { stroke: #3d444d; }
  .goal { stroke: #f0f6fc; }
  .c0 { stroke: #4493f8; fill: #4493f8; }
  .c1 { stroke: #f0883e; fill: #f0883e; }
  .c2 { stroke: #ab7df8; fill: #ab7df8; }
}"""


def ratios(found: dict[str, Any]) -> str:
    """Return one row for each page: median ratios, worst to best, and the goal."""
    connections = [str(each) for each in found["machine"]["connections"]][:3]
    rows = [page for page in found["pages"] if judged_floor(page)]
    height = TOP + ROW * len(rows) + 20
    parts = [_legend(connections), _grid(height)]
    for index, page in enumerate(rows):
        parts.append(_row(page, connections, TOP + ROW * index + ROW / 2))
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" role="img" aria-labelledby="title">\n'
        '<title id="title">Throughput of each page as a share of its floor</title>\n'
        f"<style>\n{STYLE}\n</style>\n{body}\n</svg>\n"
    )


def _legend(connections: list[str]) -> str:
    parts = ['<text x="0" y="18">Share of the floor (logarithmic)</text>']
    x = LEFT + 60
    for index, each in enumerate(connections):
        parts.append(f'<circle class="c{index}" cx="{x}" cy="14" r="4"/>')
        word = "connection" if each == "1" else "connections"
        parts.append(f'<text class="small" x="{x + 9}" y="18">{each} {word}</text>')
        x += 110
    parts.append(f'<line class="goal" x1="{x}" x2="{x}" y1="7" y2="21"/>')
    parts.append(f'<text class="small" x="{x + 9}" y="18">goal</text>')
    return "\n".join(parts)


def _grid(height: int) -> str:
    parts = []
    for mark in (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0):
        x = _x(mark)
        parts.append(
            f'<line class="grid" x1="{x}" x2="{x}" y1="{TOP - 8}" y2="{height - 14}"/>'
            f'<text class="small" x="{x}" y="{TOP - 14}" text-anchor="middle">'
            f"{mark:g}</text>"
        )
    return "\n".join(parts)


def _row(page: dict[str, Any], connections: list[str], y: float) -> str:
    floor = judged_floor(page)
    parts = [
        (
            f'<text x="0" y="{y + 4}">{escape(page["page"])} '
            f'<tspan class="small">(floor {floor})</tspan></text>'
        )
    ]
    if floor in GOALS:
        x = _x(GOALS[floor])
        parts.append(
            f'<line class="goal" x1="{x}" x2="{x}" y1="{y - 12}" y2="{y + 12}"/>'
        )
    for index, each in enumerate(connections):
        at = page[each]["floors"][floor]
        line = y + BAR * (index - (len(connections) - 1) / 2)
        worst, best = _x(at["ratio_worst"]), _x(at["ratio_best"])
        parts.append(
            f'<line class="range c{index}" x1="{worst}" x2="{best}" '
            f'y1="{line}" y2="{line}"/>'
            f'<circle class="c{index}" cx="{_x(at["ratio"])}" cy="{line}" r="3"/>'
        )
    return "\n".join(parts)


def _x(ratio: float) -> float:
    held = min(max(ratio, LEAST), MOST)
    share = math.log(held / LEAST) / math.log(MOST / LEAST)
    return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)
