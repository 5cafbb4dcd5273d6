"""How the customer feels in this text, how strongly, and the words that show it (codebook, section Emotion).

Every word of feeling has a level: 1 a hint, 2 clear, 3 strong, 4 extreme. The words around it move the level
(非常, "a bit") or cancel it (不失望, "not angry"). The way the text is written counts too: capitals, repeated
marks. A note that an agent wrote down is read by its own, stricter rule.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from bot.triage.complaint import is_complaint
from bot.triage.lexicon import Hit, Scan, Span, negated, scan
from bot.triage.style import Style, style_of
from knowledge.case import EmotionKind

MOST_EVIDENCE = 8
"""Spans of a reading: what an agent takes in at a glance."""

LEXICON_EMOTIONS: Mapping[str, EmotionKind] = {
    "anger": "anger",
    "insult": "anger",
    "ultimatum": "anger",
    "rhetorical": "anger",
    "sarcasm": "anger",
    "sarcasm_beside_failure": "anger",
    "anxiety": "anxiety",
    "disappointment": "disappointment",
    "sadness": "sadness",
    "confusion": "confusion",
    "gratitude": "gratitude",
}
"""What the kinds of the lexicon are read as; the others only move these."""
_FACTORS: dict[bool, dict[EmotionKind, float]] = {
    False: {
        "anger": 0.75,
        "anxiety": 1.2,
        "disappointment": 1.6,
        "sadness": 1.5,
        "confusion": 1.3,
        "gratitude": 1.0,
    },
    True: {
        "anger": 1.1,
        "anxiety": 1.3,
        "disappointment": 1.1,
        "sadness": 1.0,
        "confusion": 0.9,
        "gratitude": 1.0,
    },
}
"""How much a kind counts in a text written calmly (False) or with exclamation marks and capitals (True):
anger and anxiety are loud, the other feelings are quiet."""
_URGES: frozenset[EmotionKind] = frozenset({"anxiety", "sadness"})
"""Feelings whose strong words (panic, despair) are hardly ever said lightly."""

_SHORT = 120
"""Characters: a short text with a question in it and no heat asks; a longer one complains."""


@dataclass(frozen=True, slots=True)
class EmotionReading:
    """What one text shows."""

    primary: EmotionKind
    intensity: int
    """0 (neutral) to 4."""
    scores: dict[EmotionKind, float]
    """The kinds that the text shows, 0..1; `neutral` excludes the others."""
    evidence: tuple[Span, ...]
    """The customer's words, in order of the text."""


@dataclass(frozen=True, slots=True)
class _Signal:
    """Words, or a way of writing, that show a feeling."""

    kind: EmotionKind
    level: float
    """0.5 (asks, and may only ask) to 4."""
    span: Span


def read_emotion(text: str, language: str) -> EmotionReading:
    """The emotion of the words, never of the person."""
    found = scan(text)
    if found.of("note", "note"):
        return _reading(list(_noted(found)))
    style = style_of(text)
    signals = list(_felt(found))
    signals += _styled(found, style, signals)
    if all(signal.level < 1 for signal in signals) and (style.formal or not style.personal):
        return _reading([])
    return _reading(_without_courtesy(found, signals), style)


def is_sarcastic(text: str) -> bool:
    """Whether there is praise in it that is none."""
    found = scan(text)
    failed = bool(found.of("complaint", "failure"))
    return any(
        not negated(found, hit)
        for hit in found.of("emotion", "sarcasm", "sarcasm_beside_failure")
        if failed or "sarcasm" in hit.kinds
    )


def _felt(found: Scan) -> Iterator[_Signal]:
    """The words of feeling, moved by the words around them."""
    hits = found.of("emotion")
    failed = bool(found.of("complaint", "failure"))
    for at, hit in enumerate(hits):
        kind = LEXICON_EMOTIONS.get(hit.kinds[0])
        if kind is None or (hit.kinds[0] == "sarcasm_beside_failure" and not failed):
            continue
        if not negated(found, hit):
            yield _Signal(kind, _level(hit, hits, at), found.span(hit))


def _level(hit: Hit, hits: list[Hit], at: int) -> float:
    """The level of the word, one up beside an intensifier, one down after a diminisher; 1 to 4."""
    level = hit.weight
    if level < 1:
        return level
    before = hits[at - 1] if at else None
    after = hits[at + 1] if at + 1 < len(hits) else None
    if before and hit.start - before.end <= 1:
        level += ("intensifier" in before.kinds) - ("diminisher" in before.kinds)
    elif after and after.start - hit.end <= 1 and "intensifier" in after.kinds:
        level += 1
    return max(1, min(level, 3 if hit.weight < 3 else 4))


def _styled(found: Scan, style: Style, felt: list[_Signal]) -> list[_Signal]:
    """What the way of writing adds: to what is felt already, else where a failure is told with heat."""
    if style.shouted:
        return [_Signal("anger", 4, span) for span in style.stressed[:1] or (_beginning(found.text),)]
    spans = [*style.stressed, *style.marks]
    feelings = [signal for signal in felt if signal.kind != "gratitude" and signal.level >= 1]
    quiet = _quiet(found, style)
    if quiet and all(signal.level < 2 for signal in feelings):
        return [quiet]
    if not feelings:
        return list(_heated(found, style, spans, told=bool(felt))) if is_complaint(found) else []
    strongest = max(feelings, key=lambda signal: signal.level)
    kind = strongest.kind if strongest.level > 1 else "anger"
    return [_Signal(kind, 1, span) for span in spans[:3]]


def _quiet(found: Scan, style: Style) -> _Signal | None:
    """A loss or an illness told at length and without heat."""
    told = found.of("vulnerability", "life_event", "health")
    if style.heated or not style.personal or not told or len(found.text) < _SHORT:
        return None
    return _Signal("sadness", 1, found.span(told[0]))


def _heated(found: Scan, style: Style, spans: list[Span], *, told: bool) -> Iterator[_Signal]:
    """A failure told without a word of feeling: how it is told says something."""
    rushed = found.of("situation", "danger_now", "money_now", "deadline")
    heat = 2 * len(spans) + style.exclamations
    if rushed and (heat or len(rushed) > 1) and not style.formal:
        yield _Signal("anxiety", 2, found.span(rushed[0]))
    elif heat > style.formal:
        yield _Signal("anger", min(1 + heat // 2, 3), spans[0] if spans else _sentence(found.text, "!！"))
    elif told or style.formal or not style.personal:
        return
    elif style.questions and len(found.text) < _SHORT:
        yield _Signal("confusion", 1, _sentence(found.text, "?？"))
    elif found.of("complaint", "failure"):
        yield _Signal(
            "anger", 1, found.span(max(found.of("complaint", "failure"), key=lambda hit: hit.weight))
        )


def _beginning(text: str) -> Span:
    return Span(0, min(len(text), _SHORT), text[:_SHORT])


def _sentence(text: str, marks: str) -> Span:
    """The sentence that ends with the last of these marks."""
    end = max(text.rfind(mark) for mark in marks) + 1
    start = max(text.rfind(mark, 0, max(end - 1, 0)) for mark in "。！？；.!?;\n") + 1
    return Span(start, end, text[start:end])


def _without_courtesy(found: Scan, signals: list[_Signal]) -> list[_Signal]:
    """In a complaint thanks are manners; the praise of someone stays, as a hint."""
    if not is_complaint(found):
        return signals or _thanks(found)
    thanks = [replace(signal, level=1) for signal in signals if signal.kind == "gratitude"]
    return [signal for signal in signals if signal.kind != "gratitude"] + thanks[:1]


def _thanks(found: Scan) -> list[_Signal]:
    """Plain thanks are a feeling only where nothing is asked for."""
    if found.of("complaint", "question", "request", "suggestion") or found.of("needs", "cue"):
        return []
    return [_Signal("gratitude", 1, found.span(hit)) for hit in found.of("emotion", "polite")[:1]]


def _noted(found: Scan) -> Iterator[_Signal]:
    """An agent's words: displeasure alone is 1, two of it or a strong one 2, abuse or an ultimatum 3."""
    displeasure = found.of("note", "displeasure")
    strong = found.of("note", "strong")
    abuse = found.of("emotion", "insult", "ultimatum")
    level = 3 if abuse else 2 if strong or len(displeasure) > 1 else 1
    for hit in (*displeasure, *strong, *abuse):
        yield _Signal("anger", level, found.span(hit))
    for hit in found.of("emotion", "anxiety", "disappointment", "sadness", "confusion"):
        if hit.weight >= 2:
            yield _Signal(LEXICON_EMOTIONS[hit.kinds[0]], max(1.0, hit.weight - 1), found.span(hit))


def _reading(signals: list[_Signal], style: Style | None = None) -> EmotionReading:
    factors = _FACTORS[style.heated if style else False]
    masses: dict[EmotionKind, float] = {}
    for signal in signals:
        masses[signal.kind] = masses.get(signal.kind, 0) + _mass(signal.level) * factors[signal.kind]
    if not masses:
        return EmotionReading("neutral", 0, {"neutral": 1.0}, ())
    primary = max(masses, key=lambda kind: masses[kind])
    return EmotionReading(
        primary=primary,
        intensity=_intensity(
            [s for s in signals if (s.kind == "gratitude") == (primary == "gratitude")], style
        ),
        scores={kind: round(mass / (mass + 2), 3) for kind, mass in masses.items()},
        evidence=tuple(dict.fromkeys(s.span for s in sorted(signals, key=lambda s: s.span.start)))[
            :MOST_EVIDENCE
        ],
    )


def _mass(level: float) -> float:
    """What a signal weighs beside signals of other kinds: a strong word more than two hints."""
    return 0.7 * level**1.35


def _intensity(signals: list[_Signal], style: Style | None) -> int:
    """1 to 4: the strongest word counts most; a story told at length and marks of exclamation raise it."""
    level = max(signal.level for signal in signals)
    if style is None:
        return max(1, min(round(level), 4))
    clear = sum(signal.level >= 2 for signal in signals)
    raw = 0.9 + 0.35 * level + 0.6 * style.length + 0.2 * (clear >= 3)
    raw += 0.6 * bool(style.exclamations or style.shouted) + 0.3 * (len(style.marks) >= 2)
    raw += 0.7 * any(signal.level >= 3 and signal.kind in _URGES for signal in signals)
    lowest = 3 if level >= 4 else 2 if level >= 3 else 1
    return max(lowest, min(round(raw), 4))
