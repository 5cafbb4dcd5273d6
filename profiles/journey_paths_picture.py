"""The common paths as a picture: a tree that flows from left to right, as broad as it was taken often.

Paths that begin alike share their ribbon until they part. Beside the end of each stand how many complaints
took it, how long they lasted in the middle, and to what end they came.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from profiles.fact import Language
from profiles.journey_drawing import disc, glyph, picture, told
from profiles.journey_marks import Role, role
from profiles.journey_paths import CommonPath, Paths, PathStep
from profiles.journey_rules import JourneyRules, WordCode
from profiles.journey_text import fitted, label, width
from profiles.traits import shown

EDGE: Final = 24.0
HEAD: Final = 92.0
COLUMN: Final = 126.0
WIDE: Final = 1200.0
ROW: Final = 40.0
RIBBONS: Final = 240.0
"""Height of all ribbons together."""
THINNEST: Final = 2.5
MOST_PATHS: Final = 12
FIGURES: Final = (84.0, 84.0, 68.0, 74.0, 74.0, 56.0)
"""Widths of the columns of numbers."""
_HEADS: Final[tuple[WordCode, ...]] = (
    "complaints", "path_median", "path_upheld", "path_escalated", "path_reopened", "path_left",
)  # fmt: skip


def paths_picture(
    paths: Paths, language: Language, *, rules: JourneyRules | None = None, most: int = MOST_PATHS
) -> str:
    """The most frequent paths, `most` of them, as SVG; it scales to the width it is given."""
    rules = rules or JourneyRules.shipped()
    title = rules.say("paths_title", language)
    words = "paths_note" if paths.episodes else "paths_empty"
    note = rules.say(words, language, episodes=paths.episodes, customers=paths.customers, n=paths.k)
    taken = paths.paths[: max(1, most)]
    depth = max((len(path.steps) for path in taken), default=1)
    wide = max(WIDE, 2 * EDGE + sum(FIGURES) + depth * COLUMN + 16)
    x = EDGE + width(title, 18, bold=True) + 14
    heading = [
        label(EDGE, 36, title, size=18, style="heading"),
        label(x, 36, fitted(note, 13, wide - EDGE - x), size=13, style="soft"),
    ]
    if not paths.episodes:
        return picture((wide, 64), title, note, heading, name="paths")
    drawing = _Drawing(paths, rules, language, wide, depth)
    parts = [*heading, *drawing.drawn(taken)]
    said = [note, *(drawing.sentence(path) for path in taken)]
    return picture((wide, round(drawing.bottom + 14)), title, " ".join(said), parts, name="paths")


@dataclass(slots=True)
class _Node:
    """A step that all paths below it have taken."""

    step: PathStep | None
    """None at the root."""
    depth: int
    below: list["_Node"] = field(default_factory=list["_Node"])
    end: CommonPath | None = None
    """The path that ends here."""
    thick: float = 0
    middle: float = 0
    row: float = 0
    """Middle of the row of its own end."""


def _tree(paths: Sequence[CommonPath]) -> _Node:
    """The paths by their common beginnings, each node's most frequent first as the paths are."""
    root = _Node(None, 0)
    for path in paths:
        node = root
        for step in path.steps:
            found = next((known for known in node.below if known.step == step), None)
            if found is None:
                found = _Node(step, node.depth + 1)
                node.below.append(found)
            node = found
        node.end = path
    return root


class _Drawing:
    """Places are given out from top to bottom: a row for every end of a path."""

    def __init__(
        self, paths: Paths, rules: JourneyRules, language: Language, wide: float, depth: int
    ) -> None:
        self.paths = paths
        self.rules = rules
        self.language: Language = language
        self.bottom = HEAD
        self.figures = wide - EDGE - sum(FIGURES)
        self.column = (self.figures - 16 - EDGE) / depth

    def drawn(self, taken: Sequence[CommonPath]) -> Iterator[str]:
        """Ribbons behind, signs and words before them."""
        root = _tree(taken)
        scale = RIBBONS / max(1, sum(path.episodes for path in taken))
        for node in root.below:
            self._place(node, scale)
        yield from self._heads()
        for node in root.below:
            yield from self._ribbons(node)
        for node in root.below:
            yield from self._nodes(node)
        rest = self.paths.episodes - sum(path.episodes for path in taken)
        if rest:
            yield from self._rest(rest, all_shown=len(taken) == len(self.paths.paths))

    def sentence(self, path: CommonPath) -> str:
        """A path in words, for those who cannot see."""
        steps = " → ".join(step.said(self.rules, self.language) for step in path.steps)
        return f"{steps}: {path.episodes:,}."

    def _x(self, node: _Node) -> float:
        return EDGE + 10 + (node.depth - 1) * self.column

    def _place(self, node: _Node, scale: float) -> None:
        top = self.bottom
        if node.end is not None:
            node.thick = max(THINNEST, node.end.episodes * scale)
            high = max(ROW, node.thick + 14)
            node.row = top + high / 2
            self.bottom += high
        for below in node.below:
            self._place(below, scale)
            node.thick += below.thick
        node.middle = (top + self.bottom) / 2

    def _ribbons(self, node: _Node) -> Iterator[str]:
        x, at = self._x(node), node.middle - node.thick / 2
        own = node.thick - sum(below.thick for below in node.below)
        if node.end is not None:
            bend = min(x + self.column, self.figures - 8)
            yield _ribbon("quiet", (x, at), (bend, node.row - own / 2), own, self.figures - 8)
            at += own
        for below in node.below:
            end = self._x(below), below.middle - below.thick / 2
            yield _ribbon(_role(below.step), (x, at), end, below.thick)
            at += below.thick
            yield from self._ribbons(below)

    def _nodes(self, node: _Node) -> Iterator[str]:
        step, x, y, room = node.step, self._x(node), node.middle, self.column - 22
        assert step is not None
        bar = (
            f'<rect class="{_role(step)}" x="{x - 3:.1f}" y="{y - node.thick / 2:.1f}" width="6" '
            f'height="{node.thick:.1f}" rx="3"/>'
        )
        sign = disc(_role(step), x - 10, x + 10, y) + ("" if step.kind is None else glyph(step.kind, x, y))
        what = PathStep(step.kind).said(self.rules, self.language)
        channel = "" if step.channel is None else self.rules.channel(step.channel, self.language)
        words = (
            label(x + 14, y - 2 if channel else y + 4, fitted(what, 11.5, room), size=11.5),
            label(x + 14, y + 12, fitted(channel, 10.5, room), size=10.5, style="soft"),
        )
        yield told(step.said(self.rules, self.language), bar, sign, *words)
        if node.end is not None:
            yield self._figures(node.end, node.end.episodes, node.row)
        for below in node.below:
            yield from self._nodes(below)

    def _heads(self) -> Iterator[str]:
        x = self.figures
        for word, wide in zip(_HEADS, FIGURES, strict=True):
            words = fitted(self.rules.say(word, self.language), 11, wide - 4)
            yield label(x, HEAD - 16, words, size=11, style="soft")
            x += wide

    def _figures(self, path: CommonPath | None, episodes: int, y: float) -> str:
        """Numbers beside the end of a path; without shares where too few customers stand behind them."""
        x, share = self.figures, episodes / self.paths.episodes
        drawn = [
            label(x, y + 4, f"{episodes:,}", size=12.5, style="heading"),
            label(
                x + width(f"{episodes:,}", 12.5, bold=True) + 5,
                y + 4,
                f"{share:.0%}",
                size=10.5,
                style="soft",
            ),
        ]
        if path is None or path.ends is None or path.median_days is None:
            return "".join(drawn)
        x += FIGURES[0]
        drawn.append(label(x, y + 4, shown(path.median_days, "number"), size=12))
        ends = path.ends
        shares = (ends.upheld, ends.escalated, ends.reopened, ends.left)
        for wide, before, part, of in zip(FIGURES[2:], FIGURES[1:-1], shares, _END_ROLES, strict=True):
            x += before
            drawn.append(label(x, y + 2, f"{part:.0%}", size=11.5))
            drawn.append(_gauge(of, x, y + 7, wide - 18, part))
        return "".join(drawn)

    def _rest(self, episodes: int, *, all_shown: bool) -> Iterator[str]:
        y = self.bottom + ROW / 2 + 6
        words = self.rules.say("other", self.language)
        x = EDGE + 10 + width(words, 11.5) + 14
        yield label(EDGE, y + 4, words, size=11.5, style="soft")
        yield _ribbon("quiet", (x, y - 2), (x + 1, y - 2), 4, self.figures - 8)
        yield self._figures(self.paths.other if all_shown else None, episodes, y)
        self.bottom += ROW + 6


_END_ROLES: Final[tuple[Role, ...]] = ("ours", "bad", "bad", "bad")


def _role(step: PathStep | None) -> Role:
    return "quiet" if step is None or step.kind is None else role(step.kind)


def _gauge(of: Role, x: float, y: float, wide: float, part: float) -> str:
    """A small bar for a share."""
    bars = f'<rect class="lane" x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="4" rx="2"/>'
    if part > 0:
        bars += (
            f'<rect class="{of}" x="{x:.1f}" y="{y:.1f}" width="{max(2.0, wide * min(part, 1)):.1f}" '
            'height="4" rx="2"/>'
        )
    return bars


Place = tuple[float, float]


def _ribbon(of: Role, begin: Place, end: Place, thick: float, on_to: float | None = None) -> str:
    """From one upper corner to another, and straight on to `on_to`."""
    (x, y), (end_x, end_y) = begin, end
    far = end_x if on_to is None else on_to
    middle = (x + end_x) / 2
    path = (
        f"M{x:.1f} {y:.1f}C{middle:.1f} {y:.1f} {middle:.1f} {end_y:.1f} {end_x:.1f} {end_y:.1f}"
        f"H{far:.1f}v{thick:.1f}H{end_x:.1f}"
        f"C{middle:.1f} {end_y + thick:.1f} {middle:.1f} {y + thick:.1f} {x:.1f} {y + thick:.1f}z"
    )
    return f'<path class="ribbon {of}" d="{path}"/>'
