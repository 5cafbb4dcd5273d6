"""Small charts as inline SVG: lines and bars, with axes, a title and a description for those who cannot see.

Colours come from the page's style sheet (`.s0`, `.s1`, `.s2`), so that a chart follows light, dark and print;
dashes and marks tell the lines apart without colour.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil
from typing import Final

from profiles.journey_text import fitted, width

WIDTH: Final = 640
HEIGHT: Final = 300
LEFT: Final = 52
RIGHT: Final = 16
TOP: Final = 14
BOTTOM: Final = 58
ROW: Final = 30
NAMES: Final = 150
"""Least room for the names of bars."""
MOST_NAMES: Final = 290
"""Most; a longer name is cut, and told whole to whoever points at it."""
LETTER: Final = 12
"""Of names, as in the style sheet."""

Point = tuple[float, float]
"""Both 0..1."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a chart, or its reference line."""

    name: str
    points: Sequence[Point]
    plain: bool = False
    """Without marks: a reference, not a measurement."""


@dataclass(frozen=True, slots=True)
class Bars:
    """A bar for each name."""

    name: str
    values: Sequence[float | None]
    """None where there is nothing to show."""


def line_chart(
    title: str,
    description: str,
    lines: Sequence[Line],
    ticks: Sequence[tuple[float, str]],
    axes: tuple[str, str],
) -> str:
    """Lines over an axis with the given ticks; the upright axis goes from 0 to 100 %.

    Args:
        title: what is shown.
        description: what a person would see, in a sentence.
        lines: at most three.
        ticks: of the level axis: place 0..1 and label.
        axes: the name of the level axis, and of the upright one.
    """
    wide, high = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    parts = [_grid(wide, high)]
    for place, label in ticks:
        at = f'x="{LEFT + place * wide:.1f}" y="{TOP + high + 18}"'
        parts.append(f'<text class="tick" {at} text-anchor="middle">{escape(label)}</text>')
    parts.append(
        f'<text class="axis" x="{LEFT + wide / 2:.1f}" y="{HEIGHT - 22}" text-anchor="middle">'
        f"{escape(axes[0])}</text>"
        f'<text class="axis" transform="translate(13 {TOP + high / 2:.1f}) rotate(-90)" text-anchor="middle">'
        f"{escape(axes[1])}</text>"
    )
    for number, line in enumerate(lines):
        places = [(LEFT + x * wide, TOP + (1 - y) * high) for x, y in line.points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline class="line s{number}" points="{path}"/>')
        if not line.plain:
            parts += [f'<circle class="mark s{number}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in places]
    return _svg(title, description, HEIGHT, parts) + _legend([line.name for line in lines])


def bar_chart(title: str, description: str, names: Sequence[str], bars: Sequence[Bars], percent: bool) -> str:
    """Level bars, one below the other, each with its number; several sets stand together under each name."""
    each = ROW if len(bars) == 1 else 20 * len(bars) + 10
    most = 1.0 if percent else max((value or 0 for bar in bars for value in bar.values), default=0) or 1
    widest = max((width(name, LETTER) for name in names), default=0.0)
    room = min(max(ceil(widest) + 16, NAMES), MOST_NAMES)
    wide = WIDTH - room - 64
    parts: list[str] = []
    for place, name in enumerate(names):
        top = TOP + place * each
        middle = top + (each - 10) / 2 + 4
        written = fitted(name, LETTER, room - 16)
        whole = "" if written == name else f"<title>{escape(name)}</title>"
        parts.append(
            f'<text class="name" x="{room - 8}" y="{middle:.1f}" text-anchor="end">'
            f"{escape(written)}{whole}</text>"
        )
        for number, bar in enumerate(bars):
            value, y = bar.values[place], top + number * 20
            if value is None:
                continue
            length = value / most * wide
            shown = f"{value:.1%}" if percent else f"{value:.10g}"
            parts.append(
                f'<rect class="bar s{number}" x="{room}" y="{y}" width="{max(length, 1):.1f}" height="16"/>'
                f'<text class="tick" x="{room + length + 6:.1f}" y="{y + 13}">{shown}</text>'
            )
    height = TOP + len(names) * each
    legend = _legend([bar.name for bar in bars]) if len(bars) > 1 else ""
    return _svg(title, description, height, parts) + legend


def _grid(wide: float, high: float) -> str:
    parts: list[str] = []
    for step in range(0, 101, 20):
        y = TOP + high - step / 100 * high
        parts.append(
            f'<line class="grid" x1="{LEFT}" x2="{LEFT + wide}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text class="tick" x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{step}%</text>'
        )
    return "".join(parts)


def _svg(title: str, description: str, height: float, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:g}" role="img">'
        f"<title>{escape(title)}</title><desc>{escape(description)}</desc>{''.join(parts)}</svg>"
    )


def _legend(names: Sequence[str]) -> str:
    keys = "".join(
        f'<li><svg class="key" viewBox="0 0 28 8" aria-hidden="true">'
        f'<line class="line s{number}" x1="0" x2="28" y1="4" y2="4"/></svg>{escape(name)}</li>'
        for number, name in enumerate(names)
    )
    return f'<ul class="legend">{keys}</ul>'
