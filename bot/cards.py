"""A Suggestion as a card in the terminal: what an agent would want to see, on one screen or two."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

from rich.box import MINIMAL, ROUNDED
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from bot.complaint import Turn
from bot.suggestion import (
    CaseCard,
    Evidence,
    PassageCard,
    ProfileView,
    Suggestion,
    Trajectory,
    TrajectoryShape,
    Triage,
)
from knowledge.case import Language, Owned, Urgency
from knowledge.rules import load_rules
from knowledge.taxonomy import Taxonomy

CASES: Final = 3
FACTS: Final = 6
CONTACTS: Final = 2
SERVED: Final = 3
REASONS: Final = 5
SUMMARY: Final = 90
"""Characters of a case or a passage on a card."""
URGENCY_STYLE: Final[dict[Urgency, str]] = {
    "low": "black on green",
    "normal": "black on cyan",
    "high": "black on yellow",
    "critical": "bold white on red",
}
EMOTION, ESCALATION, NEED, CARE = "bold magenta", "bold red", "cyan", "yellow"
"""How the customer's own words are marked; later ones win where marks overlap."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What moves the cursor, colours the screen or turns the direction of a line."""
_FILE: Final = Path(__file__).with_name("cards.toml")


class CardWords(Owned):
    """The words of one language."""

    words: str
    about: str
    abstained: str
    no_complaint: str
    sure: str
    maybe: str
    likeliest: str
    queue: str
    feeling: str
    turned: str
    path: dict[TrajectoryShape, str]
    escalations: str
    needs: str
    care: str
    reasons: str
    customer: str
    promised: str
    serve: str
    unvoiced: str
    risks: str
    relevant: str
    human_only: str
    unverified: str
    no_customer: str
    cases: str
    passages: str
    expired: str
    shared: str
    """Before the words a match shares with the complaint."""
    clocks: str
    draft: str
    commitments: str
    passed: str
    failed: str
    composer: str
    model: str
    nothing: str
    urgency: dict[Urgency, str]
    codes: dict[str, str]

    def of(self, code: str) -> str:
        """The code in words."""
        return self.codes.get(code, code.replace("_", " "))


class CardFile(Owned):
    """The words of both languages."""

    version: str
    source: str
    valid_from: date
    zh: CardWords
    en: CardWords

    @classmethod
    @cache
    def shipped(cls) -> "CardFile":
        """The file that comes with Redress."""
        return load_rules(_FILE, cls)

    def of(self, language: Language) -> CardWords:
        """The words of that language."""
        return self.zh if language == "zh" else self.en


def card(
    suggestion: Suggestion, turns: Sequence[Turn], taxonomy: Taxonomy, title: str = ""
) -> RenderableType:
    """The suggestion as a card, with the turns as they were written.

    Control characters in anybody's words are shown as U+FFFD: they could drive the terminal.
    """
    language: Language = "zh" if suggestion.draft.language == "zh" else "en"
    words = CardFile.shipped().of(language)
    sections = (
        _headline(suggestion.triage, words, taxonomy, language),
        _section(words.words, _marked(suggestion.triage, turns)),
        _section(words.about, _judgement(suggestion.triage, words)),
        _section(words.customer, _customer(suggestion, words)),
        _section(words.cases, _cases(suggestion.matches.cases[:CASES], words, taxonomy, language)),
        _section(words.passages, _passages(suggestion.matches.passages, words)),
        _section(words.clocks, _clocks(suggestion, words)),
        _draft(suggestion, words),
    )
    return Panel(
        Group(*sections), title=Text(safe(title)) if title else None, title_align="left", box=ROUNDED
    )


def found_cards(found: dict[str, Any], taxonomy: Taxonomy, language: Language) -> RenderableType:
    """The answer of a search, for somebody who reads that language: cases, then passages."""
    words = CardFile.shipped().of(language)
    cases = [CaseCard.model_validate(item) for item in found["cases"]]
    passages = [PassageCard.model_validate(item) for item in found["passages"]]
    return Group(
        _section(words.cases, _cases(cases, words, taxonomy, language)),
        _section(words.passages, _passages(passages, words)),
    )


def safe(text: str) -> str:
    """The text without characters that drive a terminal; as long as before, so that spans still fit."""
    return _CONTROL.sub("\ufffd", text.replace("\r", " "))


def _headline(triage: Triage, words: CardWords, taxonomy: Taxonomy, language: Language) -> RenderableType:
    line = Text()
    line.append(f" {words.urgency[triage.urgency]} ", URGENCY_STYLE[triage.urgency])
    line.append("  ")
    if not triage.complaint:
        line.append(f"{words.no_complaint}  ", "bold green")
    if triage.category is None:
        line.append(words.abstained, "bold yellow")
    else:
        line.append(taxonomy.display(triage.category, language), "bold")
        line.append(f"  {words.sure} {triage.confidence:.0%} ", "dim")
        line.append_text(_bar(triage.confidence))
    others = [
        f"{taxonomy.display(other.category, language)} {other.confidence:.0%}"
        for other in triage.alternatives[:2]
    ]
    if others:
        label = words.likeliest if triage.category is None else words.maybe
        line.append(f"  {label}: {' · '.join(others)}", "dim")
    line.append(f"\n{words.queue}: {safe(triage.route.queue)}", "dim")
    return line


def _bar(share: float, width: int = 10) -> Text:
    full = round(share * width)
    return Text("━" * full, "green") + Text("━" * (width - full), "grey37")


def _section(name: str, body: RenderableType) -> RenderableType:
    return Padding(Group(Text(name, "bold bright_blue"), Padding(body, (0, 0, 0, 2))), (1, 0, 0, 0))


def _marked(triage: Triage, turns: Sequence[Turn]) -> RenderableType:
    """The turns, the customer's words that show something in the colour of what they show."""
    texts = [Text(safe(turn.text), "" if turn.speaker == "customer" else "italic dim") for turn in turns]
    marks: tuple[tuple[str, Iterable[Evidence]], ...] = (
        (NEED, (e for need in triage.needs for e in need.evidence)),
        (CARE, (e for hint in triage.vulnerability for e in hint.evidence)),
        (EMOTION, triage.emotion.evidence),
        (ESCALATION, (e for escalation in triage.escalations for e in escalation.evidence)),
    )
    for style, pieces in marks:
        for piece in pieces:
            if piece.turn < len(texts):
                texts[piece.turn].stylize(style, piece.start, piece.end)
    return Group(*(text if n == 0 else Padding(text, (1, 0, 0, 0)) for n, text in enumerate(texts)))


def _judgement(triage: Triage, words: CardWords) -> RenderableType:
    lines = _pairs()
    emotion = triage.emotion
    feeling = Text(words.of(emotion.primary), EMOTION if emotion.intensity else "")
    feeling.append(f"  {'●' * emotion.intensity}{'○' * (4 - emotion.intensity)}")
    if emotion.trajectory is not None:
        feeling.append(f"  {_path(emotion.trajectory, words)}", "dim")
    lines.add_row(words.feeling, feeling)
    if triage.escalations:
        kinds = " · ".join(words.of(escalation.kind) for escalation in triage.escalations)
        lines.add_row(words.escalations, Text(kinds, ESCALATION))
    if triage.needs:
        needs = dict.fromkeys(words.of(need.need) for need in triage.needs)
        lines.add_row(words.needs, Text(" · ".join(needs), NEED))
    if triage.vulnerability:
        hints = dict.fromkeys(words.of(hint.kind) for hint in triage.vulnerability)
        lines.add_row(words.care, Text(" · ".join(hints), CARE))
    for n, reason in enumerate(triage.reasons[:REASONS]):
        lines.add_row("" if n else words.reasons, Text(safe(reason)))
    return lines


def _path(trajectory: Trajectory, words: CardWords) -> str:
    shape = words.path[trajectory.shape]
    if trajectory.turned_at is None:
        return shape
    return f"{shape} · {words.turned.format(turn=trajectory.turned_at + 1)}"


def _customer(suggestion: Suggestion, words: CardWords) -> RenderableType:
    profile = suggestion.profile
    lines = _pairs()
    if not profile.facts and not profile.contacts:
        lines.add_row("", Text(words.no_customer, "dim"))
    elif not profile.verified:
        lines.add_row("", Text(words.unverified, "yellow"))
    for fact in profile.facts[:FACTS]:
        lines.add_row(words.of(fact.field), Text(safe(fact.value)))
    for contact in profile.contacts[-CONTACTS:]:
        line = Text(safe(contact.summary))
        if contact.promise:
            line.append(f"  {words.promised}: {safe(contact.promise)}", "yellow")
        lines.add_row(f"{contact.at:%Y-%m-%d}", line)
    for n, note in enumerate(profile.relevant[:SERVED]):
        lines.add_row("" if n else words.relevant, Text(f"{note.on:%Y-%m-%d}  {safe(note.text)}"))
    for label, told in _served(profile, words):
        lines.add_row(label, told)
    return lines


def _served(profile: ProfileView, words: CardWords) -> Iterator[tuple[str, Text]]:
    """How this contact is best served."""
    if profile.human_only:
        yield "", Text(words.human_only, "yellow")
    told = (
        (words.unvoiced, profile.needs),
        (words.serve, profile.strategies),
        (words.risks, profile.risks),
    )
    for label, found in told:
        for n, one in enumerate(found[:SERVED]):
            yield "" if n else label, Text(one.words)


def _cases(
    cases: Sequence[CaseCard], words: CardWords, taxonomy: Taxonomy, language: Language
) -> RenderableType:
    if not cases:
        return Text(words.nothing, "dim")
    table = Table(box=MINIMAL, show_header=False, show_edge=False, pad_edge=False, padding=(0, 1))
    table.add_column(justify="right")
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")  # Chinese has no spaces to wrap at
    for case in cases:
        outcome = Text(words.of(case.outcome) if case.outcome else "—", "bold")
        if case.redress.kind != "none":
            paid = "" if case.redress.amount is None else f" {case.redress.amount:f} {case.redress.currency}"
            outcome.append(f"\n{words.of(case.redress.kind)}{paid}", "not bold green")
        told = Text(_short(case.summary))
        name = taxonomy.display(case.category, language) if case.category else ""
        notes = (case.id, name, words.expired if case.superseded else "", _shared(case.shared, words))
        told.append("\n" + " · ".join(filter(None, notes)), "dim")
        table.add_row(f"{case.similarity:.2f}", outcome, told)
    return table


def _shared(found: Sequence[str], words: CardWords) -> str:
    """Why it was found, as far as words tell."""
    return f"{words.shared} {' '.join(map(safe, found))}" if found else ""


def _passages(passages: Sequence[PassageCard], words: CardWords) -> RenderableType:
    if not passages:
        return Text(words.nothing, "dim")
    lines: list[RenderableType] = []
    for passage in passages:
        line = Text(f"{passage.similarity:.2f}  ")
        line.append(safe(passage.title), "bold")
        if passage.superseded:
            line.append(f" ({words.expired})", "red")
        line.append("  " + " · ".join(filter(None, (passage.id, _shared(passage.shared, words)))), "dim")
        lines += [line, Padding(Text(_short(passage.text, 2 * SUMMARY)), (0, 0, 0, 6))]
    return Group(*lines)


def _clocks(suggestion: Suggestion, words: CardWords) -> RenderableType:
    if not suggestion.clocks:
        return Text(words.nothing, "dim")
    lines = Table.grid(padding=(0, 2))
    lines.add_column(style="bold", no_wrap=True)
    lines.add_column(no_wrap=True)
    lines.add_column(style="dim", no_wrap=True, overflow="ellipsis")
    for clock in suggestion.clocks:
        lines.add_row(f"{clock.due:%Y-%m-%d}", words.of(clock.stage), Text(safe(clock.trace)))
    return lines


def _draft(suggestion: Suggestion, words: CardWords) -> RenderableType:
    draft = suggestion.draft
    failed = [check for check in draft.checks if not check.passed]
    foot = Text(f"{words.model if draft.source == 'model' else words.composer}", "dim")
    foot.append(f" · {len(draft.checks) - len(failed)}/{len(draft.checks)} {words.passed}", "dim")
    for check in failed:
        foot.append(f"\n{words.failed}: {check.id} {safe(check.detail)}", "red")
    for commitment in draft.commitments:
        foot.append(f"\n{words.commitments}: {safe(commitment.text)}", "green")
    body = Group(Text(safe(draft.text)), Padding(foot, (1, 0, 0, 0)))
    return Padding(Panel(body, title=words.draft, title_align="left", border_style="green"), (1, 0, 0, 0))


def _pairs() -> Table:
    """Two columns: what it is, and what it says."""
    lines = Table.grid(padding=(0, 2))
    lines.add_column(style="dim", no_wrap=True)
    lines.add_column(overflow="fold")
    return lines


def _short(text: str, limit: int = SUMMARY) -> str:
    plain = " ".join(safe(text).split())
    return plain if len(plain) <= limit else f"{plain[: limit - 1]}…"
