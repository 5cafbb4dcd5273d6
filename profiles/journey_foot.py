"""The lower bands of the picture of a journey: promises, complaints with their stages, the axis, the key."""

from collections.abc import Iterator, Sequence
from typing import Final

from profiles.event import EVENT_KINDS, EventKind
from profiles.journey import Episode
from profiles.journey_bands import EDGE, LEFT, NAMES, WIDE, Band, Frame
from profiles.journey_drawing import EMOTIONS, HATCH, disc, glyph, line, told
from profiles.journey_marks import Mark, role, rows_of
from profiles.journey_rules import WordCode
from profiles.journey_scale import SIZE, Piece
from profiles.journey_text import fitted, label, width
from profiles.journey_threads import Promise

_PROMISES: Final[dict[str, WordCode]] = {
    "kept": "promise_kept",
    "broken": "promise_broken",
    "open": "promise_open",
}
BRACKET: Final = 13.0
EPISODE: Final = 24.0
MOST_BRACKETS: Final = 24
MOST_BRACKET_ROWS: Final = 4
MOST_EPISODES: Final = 24
MOST_EPISODE_ROWS: Final = 4
CLEAR: Final = 4.0
"""A stage that ends nearer to one of its own kind cannot be told from it and is not drawn."""
_SHORT: Final[dict[str, int]] = {"follow_up": 1, "first_contact": 2, "resolution": 2, "escalation": 3}
KEY: Final = 24.0


def brackets(frame: Frame, top: float) -> Band:
    """Promises, each from where it was made to where it was kept or broken."""
    placed = [
        (frame.x(promise.made_at), frame.x(promise.settled_at or frame.now), promise)
        for promise in frame.journey.promises
        if promise.made_at is not None
    ][-MOST_BRACKETS:]
    placed.sort(key=lambda one: one[:2])
    extents = [(low, max(high, low + 12)) for low, high, _ in placed]
    rows = rows_of(extents, 6, MOST_BRACKET_ROWS)
    drawn = [
        _bracket(frame, promise, extent, top + 4 + row * BRACKET)
        for (_, _, promise), extent, row in zip(placed, extents, rows, strict=True)
        if row is not None
    ]
    high = max((row + 1 for row in rows if row is not None), default=0) * BRACKET
    return Band(high + 10 if high else 0, "".join(drawn))


def _bracket(frame: Frame, promise: Promise, extent: tuple[float, float], y: float) -> str:
    low, high = extent
    state = promise.state
    path = f"M{low:.1f} {y - 4:.1f}v8h{high - low:.1f}"
    path += "" if state == "open" else "v-8"
    said = frame.rules.say(_PROMISES[state], frame.language)
    assert promise.made_at is not None
    words = frame.on(promise.made_at, said)
    return told(words, f'<path class="bracket {state}" d="{path}"/>')


def episodes(frame: Frame, top: float) -> Band:
    """A bar for each complaint with its stages, and words beside it."""
    shown = frame.journey.episodes[-MOST_EPISODES:]
    places = [_place(frame, episode) for episode in shown]
    rows = rows_of(
        [
            (min(low, words), max(high, words + width(episode.words, 11)))
            for (low, high, words), episode in zip(places, shown, strict=True)
        ],
        10,
        MOST_EPISODE_ROWS,
    )
    drawn = [
        _bar(frame, episode, place, top + row * EPISODE)
        for episode, place, row in zip(shown, places, rows, strict=True)
        if row is not None
    ]
    if not drawn:
        return Band(0)
    names = [label(EDGE, top + 13, fitted(frame.rules.say("complaints", frame.language), 13, NAMES), size=13)]
    left_out = len(frame.journey.episodes) - len(drawn)
    if left_out:
        words = fitted(frame.rules.say("more", frame.language, n=left_out), 11, NAMES)
        names.append(label(EDGE, top + 29, words, size=11, style="soft"))
    high = max(EPISODE * (1 + max(row for row in rows if row is not None)), 36 if left_out else 0)
    return Band(high + 6, "".join((*drawn, *names)))


def _ends(frame: Frame, episode: Episode) -> tuple[float, float]:
    low = frame.x(episode.stages[0].begin)
    return low, max(low + 8, frame.x(episode.stages[-1].end))


def _place(frame: Frame, episode: Episode) -> tuple[float, float, float]:
    """Begin and end of a bar, and where its words begin: behind it, or before it where there is no room."""
    low, high = _ends(frame, episode)
    wide = width(episode.words, 11)
    if high + 10 + wide <= WIDE - EDGE:
        return low, high, high + 10
    if low - 10 - wide >= LEFT - 16:
        return low, high, low - 10 - wide
    return low, high, high - 6 - wide


def _bar(frame: Frame, episode: Episode, place: tuple[float, float, float], y: float) -> str:
    low, high, words = place
    drawn = [line("grid", low, y + 9, high, y + 9)]
    reached: dict[str, float] = {}
    # what happened is short and stands on top of the waiting around it
    for stage in sorted(episode.stages, key=lambda stage: (_SHORT.get(stage.code, 0), stage.begin)):
        begin, end = frame.x(stage.begin), frame.x(stage.end)
        if end < reached.get(stage.code, LEFT - 16) + CLEAR:
            continue
        reached[stage.code] = end
        drawn.append(
            told(
                frame.on(stage.begin, stage.words),
                f'<rect class="stage {stage.code}" x="{begin:.1f}" y="{y + 4:.1f}" '
                f'width="{max(end - begin, 5):.1f}" height="10" rx="2"/>',
            )
        )
    at = y + 2 if low < words < high else y + 13
    return "".join(drawn) + label(words, at, episode.words, size=11, style="soft")


def axis(frame: Frame, top: float, begin: float) -> Band:
    """Dates that never touch, folded time as a gap, and today as a line from `begin` down."""
    say, language = frame.rules.say, frame.language
    y = top + 6
    drawn = [line("axis", piece.left, y, piece.right, y) for piece in frame.scale.pieces if not piece.folded]
    drawn[0] = line("axis", LEFT - 16, y, frame.scale.pieces[0].right, y)
    folds = [_fold(piece, y) for piece in frame.scale.folds]
    today, date = say("today", language), frame.journey.today.isoformat()
    x = frame.x(frame.now)
    half = max(width(today, SIZE), width(date, SIZE)) / 2
    drawn += [
        label(x, y + 18, today, size=SIZE, anchor="middle", style="heading"),
        label(x, y + 33, date, size=SIZE, anchor="middle", style="soft"),
    ]
    for tick in frame.scale.ticks(language, [(x - half, x + half)]):
        drawn += [
            line("axis", tick.x, y, tick.x, y + 5),
            label(tick.x, y + 18, tick.above, size=SIZE, anchor="middle"),
            label(tick.x, y + 33, tick.below, size=SIZE, anchor="middle", style="soft"),
        ]
    return Band(46, "".join((*drawn, *folds)), line("now", x, begin, x, y))


def _fold(piece: Piece, y: float) -> str:
    middle = (piece.left + piece.right) / 2
    dots = line("now", piece.left, y, piece.right, y)
    return (
        dots
        + line("axis", middle - 7, y + 6, middle - 1, y - 6)
        + line("axis", middle + 1, y + 6, middle + 7, y - 6)
    )


Entry = tuple[str, str]
"""What is drawn around the origin of a key entry, and its words."""


def key(frame: Frame, top: float, marks: Sequence[Mark]) -> Band:
    """The signs that are used, in words."""
    x, y = EDGE, top + 14
    drawn: list[str] = []
    for shape, words in _entries(frame, marks):
        wide = 26 + width(words, 12)
        if x > EDGE and x + wide > WIDE - EDGE:
            x, y = EDGE, y + KEY
        drawn.append(f'<g transform="translate({x + 10:.1f} {y:.1f})">{shape}</g>')
        drawn.append(label(x + 25, y + 4.2, words, size=12, style="soft"))
        x += wide + 18
    return Band(y - top + 22, "".join(drawn))


def _entries(frame: Frame, marks: Sequence[Mark]) -> Iterator[Entry]:
    say, language = frame.rules.say, frame.language
    used: set[EventKind] = {mark.kind for mark in marks}
    for kind in sorted(used, key=EVENT_KINDS.index):
        yield disc(role(kind), -10, 10, 0) + glyph(kind, 0, 0), frame.rules.kinds[kind].counted(1, language)
    felt = {step.emotion for step in frame.journey.steps}
    for emotion, colour in EMOTIONS.items():
        if emotion in felt:
            dot = f'<circle class="felt" r="5.5" fill="{colour}"/>'
            yield dot, frame.rules.emotions[emotion].said(language)
    if any(step.kind == "silence" for step in frame.journey.steps):
        yield f'<rect x="-10" y="-8" width="20" height="16" fill="{HATCH}"/>', say("key_silence", language)
    if frame.scale.folds:
        yield _fold(Piece(0, 1, -10, 10, folded=True), 0), say("key_break", language)
    yield from _entries_of_complaints(frame)


def _entries_of_complaints(frame: Frame) -> Iterator[Entry]:
    states = {promise.state for promise in frame.journey.promises if promise.made_at is not None}
    for state in _PROMISES:
        if state in states:
            end = "" if state == "open" else "v-8"
            sign = f'<path class="bracket {state}" d="M-9-4v8h18{end}"/>'
            yield sign, frame.rules.say(_PROMISES[state], frame.language)
    stages = {stage.code for episode in frame.journey.episodes for stage in episode.stages}
    for code, words in frame.rules.stages.items():
        if code in stages:
            bar = f'<rect class="stage {code}" x="-9" y="-5" width="18" height="10" rx="2"/>'
            yield bar, words.said(frame.language)
