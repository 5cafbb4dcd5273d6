"""The upper bands of the picture of a journey: pain points, the feeling, silence, lanes of channels."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final

from profiles.fact import Language
from profiles.journey import Journey
from profiles.journey_drawing import EMOTIONS, HATCH, SHADE, disc, glyph, line, smooth, told
from profiles.journey_effort import Pain
from profiles.journey_marks import (
    COUNT_SIZE,
    MOST_LINES,
    WORDED,
    Feeling,
    Lane,
    Mark,
    feelings_of,
    role,
    rows_of,
)
from profiles.journey_rules import JourneyRules, PainCode
from profiles.journey_scale import Scale
from profiles.journey_text import fitted, label, width

WIDE: Final = 1200.0
LEFT: Final = 178.0
RIGHT: Final = WIDE - 54.0
EDGE: Final = 24.0
NAMES: Final = LEFT - EDGE - 34.0
"""Room for the names of lanes."""
LANE: Final = 34.0
FLAG: Final = 26.0
FELT: Final = 100.0
MOST_FLAGS: Final = 12
MOST_FLAG_ROWS: Final = 4
UNKNOWN_DAYS: Final = 30.0
"""Days between two feelings from which the curve does not claim to know what lay between."""

_GRAVE_FIRST: Final[tuple[PainCode, ...]] = (
    "promise_broken", "reopened", "silence_from_us", "waited_too_long", "had_to_repeat", "feeling_worsened",
    "handed_on", "self_service_failed",
)  # fmt: skip


class Frame:
    """What all bands of one picture share."""

    def __init__(self, journey: Journey, rules: JourneyRules) -> None:
        self.journey = journey
        self.rules = rules
        self.language: Language = journey.language
        today = datetime.combine(journey.today, datetime.min.time(), UTC)
        self.now = max(today, *(step.begin for step in journey.steps))
        self.scale = Scale(self._moments(), LEFT, RIGHT)

    def _moments(self) -> Iterator[datetime]:
        yield self.now
        for step in self.journey.steps:
            yield step.begin
            if step.kind != "silence":
                yield step.end

    def x(self, moment: datetime) -> float:
        """Where a moment lies; what is later than now lies at now."""
        return self.scale.x(min(moment, self.now))

    def on(self, moment: datetime, words: str) -> str:
        """Words with their day in front."""
        return f"{moment.astimezone(UTC).date().isoformat()} {words}"


@dataclass(frozen=True, slots=True)
class Band:
    """Something drawn across the picture."""

    high: float
    drawn: str = ""
    behind: str = ""
    """To be drawn before all others."""


def flags(frame: Frame, top: float, bottom: float) -> Band:
    """Pain points with short words in rows that never overlap, each with a line down to `bottom`."""
    pains = [pain for episode in frame.journey.episodes for pain in episode.pains]
    rank = {code: place for place, code in enumerate(_GRAVE_FIRST)}
    gravest = sorted(pains, key=lambda pain: (rank[pain.code], -pain.at.timestamp()))[:MOST_FLAGS]
    placed = sorted(((frame.x(pain.at), pain) for pain in gravest), key=lambda at: (at[0], at[1].code))
    extents = [_extent(x, width(pain.words, 12, bold=True) + 30) for x, pain in placed]
    rows = rows_of(extents, 8, MOST_FLAG_ROWS)
    high = FLAG * (1 + max((row for row in rows if row is not None), default=-1))
    drawn: list[str] = []
    leaders: list[str] = []
    for (x, pain), (low, wide), row in zip(placed, extents, rows, strict=True):
        if row is None:
            continue
        y = top + high - FLAG * (row + 1)
        leaders.append(line("leader", x, y + 20, x, bottom))
        drawn.append(_flag(frame, pain, low, wide, y))
    left_out = len(pains) - len(drawn)
    if left_out:
        words = fitted(frame.rules.say("more", frame.language, n=left_out), 11, NAMES)
        drawn.append(label(EDGE, top + high - 10, words, size=11, style="soft"))
    return Band(high + 6 if high else 0, "".join(drawn), "".join(leaders))


def _extent(x: float, wide: float) -> tuple[float, float]:
    low = max(LEFT - 16, min(x - 10, WIDE - EDGE - wide))
    return low, low + wide


def _flag(frame: Frame, pain: Pain, low: float, high: float, y: float) -> str:
    box = (
        f'<rect class="flag" x="{low:.1f}" y="{y:.1f}" width="{high - low:.1f}" height="20" rx="5"/>'
        f'<path class="bad" d="M{low + 12:.1f} {y + 4:.1f}l6 11h-12z"/>'
    )
    words = label(low + 23, y + 14.4, pain.words, size=12, style="flagged")
    return told(frame.on(pain.at, pain.words), box, words)


def feeling(frame: Frame, top: float) -> Band:
    """The curve of what was felt: calm at the bottom, strong at the top; nothing where nothing is known."""
    points = feelings_of(frame.journey.steps, frame.scale)
    if not points:
        return Band(0)
    say, language = frame.rules.say, frame.language
    base, step = top + FELT - 16, (FELT - 30) / 4
    grid = [
        line("grid", LEFT - 16, base - level * step, RIGHT + 16, base - level * step) for level in range(5)
    ]
    names = [
        label(
            EDGE,
            base - 2 * step + 4,
            fitted(say("feeling", language), 13, 62, bold=True),
            size=13,
            style="heading",
        ),
        label(
            LEFT - 24, base + 4, fitted(say("calm", language), 11, 66), size=11, anchor="end", style="soft"
        ),
        label(
            LEFT - 24,
            base - 4 * step + 4,
            fitted(say("strong", language), 11, 66),
            size=11,
            anchor="end",
            style="soft",
        ),
    ]
    places = [(point.x, base - point.level * step) for point in points]
    curve = [_curve(places[low:high], base) for low, high in _runs(frame, points)]
    between = [
        f'<path class="between" d="{smooth([places[high - 1], places[high]])}"/>'
        for _, high in _runs(frame, points)
        if high < len(places)
    ]
    dots = [
        told(
            point.words,
            f'<circle class="felt" cx="{x:.1f}" cy="{y:.1f}" r="5.5" fill="{EMOTIONS[point.emotion]}"/>',
        )
        for point, (x, y) in zip(points, places, strict=True)
    ]
    return Band(FELT, "".join((*grid, *names, *curve, *between, *dots)))


def _runs(frame: Frame, points: Sequence[Feeling]) -> list[tuple[int, int]]:
    """Stretches of points between which the feeling is about known: begin and end of each."""
    cuts = [
        place
        for place, (before, after) in enumerate(pairwise(points), start=1)
        if after.day - before.day > UNKNOWN_DAYS
        or any(before.x <= fold.left and fold.right <= after.x for fold in frame.scale.folds)
    ]
    return list(pairwise([0, *cuts, len(points)]))


def _curve(places: Sequence[tuple[float, float]], base: float) -> str:
    if len(places) == 1:
        return ""
    path = smooth(places)
    area = f"{path}L{places[-1][0]:.1f} {base:.1f}L{places[0][0]:.1f} {base:.1f}z"
    return f'<path d="{area}" fill="{SHADE}"/><path class="curve" d="{path}"/>'


def silences(frame: Frame, top: float, begin: float, bottom: float) -> Band:
    """Silence hatched from `begin` to `bottom`, folded time marked, each with its days at `top`."""
    drawn: list[str] = []
    hatched: list[str] = []
    told_spans: list[tuple[float, float]] = []
    for step in frame.journey.steps:
        low, high = frame.x(step.begin), frame.x(step.end)
        if step.kind != "silence" or high - low < 3:
            continue
        place = f'x="{low:.1f}" y="{begin:.1f}" width="{high - low:.1f}" height="{bottom - begin:.1f}"'
        hatched.append(told(frame.on(step.begin, step.words), f'<rect {place} fill="{HATCH}"/>'))
        short = frame.rules.say("silence", frame.language, n=step.days)
        drawn.append(_days(frame, low, high, top, (step.words, short), step.days))
        told_spans.append((low, high))
    for fold in frame.scale.folds:
        if not any(low - 1 <= fold.left and fold.right <= high + 1 for low, high in told_spans):
            drawn.append(_days(frame, fold.left, fold.right, top, (), round(fold.end - fold.begin)))
    return Band(22 if drawn else 8, "".join(drawn), "".join(hatched))


def _days(frame: Frame, low: float, high: float, top: float, words: tuple[str, ...], days: int) -> str:
    """The first wording that fits between; nothing where none does."""
    wordings = (*words, frame.rules.say("days", frame.language, n=days))
    fitting = next((text for text in wordings if width(text, 11) <= high - low - 4), "")
    return label((low + high) / 2, top + 14, fitting, size=11, anchor="middle", style="soft")


def lanes(frame: Frame, top: float, names: Sequence[Lane], marks: Sequence[Mark]) -> Band:
    """A lane for each channel with its marks."""
    drawn: list[str] = []
    rows = {lane: top + LANE * (place + 0.5) for place, lane in enumerate(names)}
    wide = RIGHT - LEFT + 32
    behind = [
        f'<rect class="lane" x="{LEFT - 16:.1f}" y="{y - 12:.1f}" width="{wide:.1f}" height="24" rx="12"/>'
        for y in rows.values()
    ]
    for lane, y in rows.items():
        drawn.append(label(EDGE, y + 4.5, fitted(_name(frame, lane), 13, NAMES), size=13))
    drawn += [_marked(frame, mark, rows[mark.lane]) for mark in marks]
    return Band(LANE * len(rows) + 4, "".join(drawn), "".join(behind))


def _name(frame: Frame, lane: Lane) -> str:
    word = WORDED.get(lane)
    return (
        frame.rules.channel(lane, frame.language) if word is None else frame.rules.say(word, frame.language)
    )


def _marked(frame: Frame, mark: Mark, y: float) -> str:
    shown = [frame.on(step.begin, step.words) for step in mark.steps[:MOST_LINES]]
    if len(mark.steps) > MOST_LINES:
        shown.append(frame.rules.say("more", frame.language, n=len(mark.steps) - MOST_LINES))
    middle = (mark.left + mark.right) / 2
    room = width(mark.number, COUNT_SIZE, bold=True)
    x = middle if not mark.number else middle - (room + 2) / 2
    return told(
        "\n".join(shown),
        disc(role(mark.kind), mark.left, mark.right, y),
        glyph(mark.kind, x, y),
        label(x + 9, y + 4, mark.number, size=COUNT_SIZE, style="on"),
    )
