"""Signs, colours and small shapes of the pictures: safe for the colour-blind, light and dark."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

from profiles.event import EventKind
from profiles.fact import EmotionKind
from profiles.journey_marks import Role
from profiles.journey_text import FONT, safe

SIGNS: Final[dict[EventKind, str]] = {
    "complaint": "M0-4.6V1M0 4v.3",
    "turn": "M-4-2.2h8M-4 1.4h5",
    "contact": "M-4.5-3.2h9v6.4h-9zM-4.5-3.2L0 .8 4.5-3.2",
    "call": "M-3.6-4.4c-1 4.6 3.4 9 8 8l.2-2.4-2.7-1.1-1.3 1.3c-1.3-.6-2.3-1.6-2.9-2.9l1.3-1.3-1.1-2.7z",
    "self_service": "M1.5 1.5L4.6 4.6M2.4-1a3.4 3.4 0 1 1-6.8 0 3.4 3.4 0 0 1 6.8 0z",
    "survey": "M-3.6 4V.6M0 4v-8M3.6 4v-5.2",
    "visit": "M-4.6-3.6h9.2v7.2h-9.2zM-4.6-1.2h9.2",
    "purchase": "M-4-1.4h8l-.8 5.8h-6.4zM-2-1.4c0-4 4-4 4 0",
    "mention": "M-4.4-1.2v2.4l2.4.4 6 2.6v-8.4l-6 2.6zM-2 1.8v2.8",
    "promise": "M0-4.6L4.6 0 0 4.6-4.6 0z",
    "kept": "M-4 .2L-1.2 3 4.2-3",
    "broken": "M-3.4-3.4l6.8 6.8M3.4-3.4l-6.8 6.8",
    "closed": "M-4-4h8v8h-8zM-2 .2L-.6 1.6 2.2-1.6",
    "reopened": "M3.6-2A4.1 4.1 0 1 0 4.1.6M3.9-4.8v3h-3",
    "escalated": "M0 4.6v-9M-3.6-.9L0-4.6 3.6-.9",
    "left": "M-.8-4.4h-3.4v8.8h3.4M-.8 0h5.4M2.4-2.3L4.6 0 2.4 2.3",
}
"""Strokes around the middle of a mark, 9 wide and high."""

# hues that people with any of the common colour blindnesses tell apart (Okabe and Ito, 2008)
EMOTIONS: Final[dict[EmotionKind, str]] = {
    "anger": "#d55e00",
    "disappointment": "#e69f00",
    "anxiety": "#cc79a7",
    "sadness": "#0072b2",
    "confusion": "#56b4e9",
    "gratitude": "#009e73",
    "neutral": "#8d949b",
}

_LIGHT: Final = {
    "paper": "#fffdfa", "ink": "#23272b", "soft": "#5b626a", "line": "#e3ded4", "sunk": "#f4f1ea",
    "them": "#24618f", "ours": "#17695f", "bad": "#b3400a", "quiet": "#767d84", "flag": "#fdebdd",
    "hatch": "#c9c3b6", "band": "#d55e00", "good": "#00795a", "on": "#ffffff",
}  # fmt: skip
_DARK: Final = {
    "paper": "#1d2124", "ink": "#e8e5df", "soft": "#a6acb1", "line": "#343a3e", "sunk": "#262b2f",
    "them": "#7db9e8", "ours": "#77cdbd", "bad": "#f0935a", "quiet": "#9aa2a8", "flag": "#43301f",
    "hatch": "#4c5459", "band": "#e8824a", "good": "#5fc9a4", "on": "#14181a",
}  # fmt: skip


def picture(
    shape: tuple[float, float], title: str, description: str, parts: Iterable[str], *, name: str = "journey"
) -> str:
    """An SVG of the given width and height that needs nothing beside itself."""
    drawn = "".join(parts)
    # several pictures may stand on one page, and what they define must not be mixed up
    digest = hashlib.sha256(f"{title}\0{description}\0{drawn}".encode()).hexdigest()[:10]
    mine = f"{name}-{digest}"
    drawn = drawn.replace(HATCH, f"url(#{mine}-hatch)").replace(SHADE, f"url(#{mine}-shade)")
    wide, high = shape
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:g} {high:g}" role="img" '
        f'class="redress-journey" aria-labelledby="{mine}-title {mine}-desc">'
        f'<title id="{mine}-title">{safe(title)}</title><desc id="{mine}-desc">{safe(description)}</desc>'
        f"<style>{_STYLE}</style>{_defs(mine)}"
        f'<rect class="paper" width="{wide:g}" height="{high:g}" rx="12"/>{drawn}</svg>'
    )


HATCH: Final = "url(#our-hatch)"
SHADE: Final = "url(#our-shade)"
"""Stand for fills whose names are only known when the picture is put together."""


def _variables(colours: dict[str, str]) -> str:
    return ";".join(f"--rj-{name}:{value}" for name, value in colours.items())


def _styled(rules: str) -> str:
    """Rules for our own pictures only, whatever page they stand on."""
    return "".join(f".redress-journey {rule.strip()}" for rule in rules.strip().splitlines())


_STYLE: Final = (
    f".redress-journey{{{_variables(_LIGHT)};font-family:{FONT}}}"
    f"@media (prefers-color-scheme:dark){{.redress-journey{{{_variables(_DARK)}}}}}"
    + _styled("""
        .paper{fill:var(--rj-paper)}
        .ink{fill:var(--rj-ink)}
        .soft{fill:var(--rj-soft)}
        .heading{fill:var(--rj-ink);font-weight:600}
        .on{fill:var(--rj-on);font-weight:600}
        .flagged{fill:var(--rj-bad);font-weight:600}
        .lane{fill:var(--rj-sunk)}
        .grid{stroke:var(--rj-line);stroke-width:1}
        .axis{stroke:var(--rj-soft);stroke-width:1.4;fill:none;stroke-linecap:round}
        .now{stroke:var(--rj-soft);stroke-width:1.2;stroke-dasharray:2 4}
        .leader{stroke:var(--rj-bad);stroke-width:1;stroke-dasharray:1 3;opacity:.75}
        .flag{fill:var(--rj-flag);stroke:var(--rj-bad);stroke-width:.8}
        .disc{stroke:var(--rj-paper);stroke-width:1.5}
        .them{fill:var(--rj-them)}
        .ours{fill:var(--rj-ours)}
        .bad{fill:var(--rj-bad)}
        .quiet{fill:var(--rj-quiet)}
        .sign{fill:none;stroke:var(--rj-on);stroke-width:1.5;stroke-linecap:round;stroke-linejoin:round}
        .curve{fill:none;stroke:var(--rj-band);stroke-width:2.2;stroke-linejoin:round;stroke-linecap:round}
        .between{fill:none;stroke:var(--rj-band);stroke-width:1.4;stroke-dasharray:1 5;stroke-linecap:round}
        .felt{stroke:var(--rj-paper);stroke-width:1.6}
        .shade{stop-color:var(--rj-band)}
        .hatch{stroke:var(--rj-hatch);stroke-width:1.4}
        .fold{fill:var(--rj-paper)}
        .bracket{fill:none;stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round}
        .bracket.kept{stroke:var(--rj-good)}
        .bracket.broken{stroke:var(--rj-bad);stroke-dasharray:4 3}
        .bracket.open{stroke:var(--rj-soft);stroke-dasharray:1 4}
        .stage{stroke:var(--rj-paper);stroke-width:1}
        .stage.before,.redress-journey .stage.after{fill:var(--rj-quiet);opacity:.35}
        .stage.waiting{fill:var(--rj-quiet);opacity:.6}
        .stage.first_contact,.redress-journey .stage.follow_up{fill:var(--rj-them)}
        .stage.follow_up{opacity:.75}
        .stage.escalation{fill:var(--rj-bad)}
        .stage.resolution{fill:var(--rj-ours)}
        .ribbon{fill:var(--rj-them);opacity:.22}
        .ribbon.ours{fill:var(--rj-ours);opacity:.24}
        .ribbon.bad{fill:var(--rj-bad);opacity:.26}
        .ribbon.quiet{fill:var(--rj-quiet);opacity:.2}
    """)
)


def _defs(mine: str) -> str:
    return (
        f'<defs><pattern id="{mine}-hatch" width="7" height="7" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><line class="hatch" x1="0" y1="0" x2="0" y2="7"/></pattern>'
        f'<linearGradient id="{mine}-shade" x1="0" y1="0" x2="0" y2="1">'
        '<stop class="shade" offset="0" stop-opacity=".38"/>'
        '<stop class="shade" offset="1" stop-opacity=".03"/>'
        "</linearGradient></defs>"
    )


def told(title: str, *parts: str) -> str:
    """Parts with a tooltip."""
    return f"<g><title>{safe(title)}</title>{''.join(parts)}</g>"


def disc(of: Role, left: float, right: float, y: float) -> str:
    """What a sign stands on: a disc, or a pill where a number stands beside it."""
    return (
        f'<rect class="disc {of}" x="{left:.1f}" y="{y - 10:.1f}" width="{right - left:.1f}" '
        'height="20" rx="10"/>'
    )


def glyph(kind: EventKind, x: float, y: float) -> str:
    """The sign of a kind."""
    return f'<path class="sign" transform="translate({x:.1f} {y:.1f})" d="{SIGNS[kind]}"/>'


def line(style: str, x1: float, y1: float, x2: float, y2: float) -> str:
    """A straight line."""
    return f'<line class="{style}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def smooth(points: Sequence[tuple[float, float]]) -> str:
    """A path through points from left to right that swings beyond none of them: level at each."""
    x, y = points[0]
    parts = [f"M{x:.1f} {y:.1f}"]
    for after_x, after_y in points[1:]:
        middle = (x + after_x) / 2
        parts.append(f"C{middle:.1f} {y:.1f} {middle:.1f} {after_y:.1f} {after_x:.1f} {after_y:.1f}")
        x, y = after_x, after_y
    return "".join(parts)
