"""Needs, vulnerability, and whether it is a complaint: what the rules find, weighed by three trained heads.

What a head alone finds is shown by the words that weighed most; what has no words to show is not said. What
the head makes unlikely is dropped, where that was measured to be right more often.
"""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

from bot.triage.lexicon import Hit, Scan, Span, scan
from bot.triage.mixing import Mixed, spans_of
from bot.triage.needs import (
    NEED_KINDS,
    NeedFound,
    clause_around,
    find_needs,
    looks_like_complaint,
    need_label,
)
from bot.triage.own import NO_OWN, NONE, OwnReader, OwnReaders
from bot.triage.vulnerability import VULNERABILITIES, VulnerabilityFound, find_vulnerability
from knowledge.head import Head

NO_COMPLAINT: Final = NONE
SURELY_NONE: Final = 0.5
"""From which a text is taken for no complaint: one that waits among the questions costs more than a look."""
SURE: Final = 0.6
"""From which a need that only the head finds counts as asked for: replies say what a customer asked."""


class Circumstances:
    """The three heads with their rules; a company's own models come before them."""

    def __init__(
        self, needs: Mixed, vulnerability: Mixed, complaint: Mixed, own: OwnReaders = NO_OWN
    ) -> None:
        self._needs, self._vulnerability, self._complaint = needs, vulnerability, complaint
        self._own = own

    @classmethod
    def load(cls, folder: Path) -> "Circumstances":
        """Those in a folder that `bot.triage.shipped` wrote.

        Raises:
            ModelUnavailable: a file is missing, damaged, or does not belong to the others.
        """
        needs, vulnerability, complaint = (
            Mixed.load(folder / name) for name in ("needs", "vulnerability", "complaint")
        )
        return cls(needs, vulnerability, complaint)

    @property
    def heads(self) -> tuple[Head, Head, Head]:
        """Of needs, vulnerability and complaint."""
        return self._needs.head, self._vulnerability.head, self._complaint.head

    def with_heads(self, heads: Sequence[Head], own: OwnReaders) -> "Circumstances":
        """The same rules with these heads, which are the same but for where they look features up."""
        needs, vulnerability, complaint = heads
        return Circumstances(
            Mixed(needs, self._needs.card),
            Mixed(vulnerability, self._vulnerability.card),
            Mixed(complaint, self._complaint.card),
            own,
        )

    @property
    def models(self) -> dict[str, str]:
        """Name and revision of the heads, by subject."""
        heads = (self._needs, self._vulnerability, self._complaint)
        return {each.head.card.subject: each.head.name for each in heads}

    def needs(self, text: str, language: str) -> tuple[NeedFound, ...]:
        """Each code once, in order of the text."""
        ruled = {need_label(found.kind, found.need): found for found in find_needs(text, language)}
        held, found = _said(self._needs, self._own.needs, text, ruled), scan(text)
        known, own = _known(self._needs, self._own.needs), self._own.needs.kinds if self._own.needs else ()
        kept = [need for label, need in ruled.items() if label in held or label not in known]
        codes = {need.need for need in kept}
        for kind in NEED_KINDS:
            for label, probability in held.items():
                said, _, code = label.partition(".")
                unsure = kind == "explicit" and probability < SURE and label not in own
                if said != kind or code in codes or unsure:
                    continue
                if words := _words(self._needs, self._own.needs, found, label):
                    first = Hit(words[0].start, words[0].end, (code,), 1.0)
                    clause = clause_around(text, first)
                    kept.append(NeedFound(kind, code, clause.text, clause))
                    codes.add(code)
        return tuple(sorted(kept, key=lambda need: need.span.start))

    def vulnerability(self, text: str, language: str) -> tuple[VulnerabilityFound, ...]:
        """Each kind once."""
        ruled = {found.kind: found for found in find_vulnerability(text, language)}
        held, scanned = _said(self._vulnerability, self._own.vulnerability, text, ruled), scan(text)
        known = _known(self._vulnerability, self._own.vulnerability)
        found: list[VulnerabilityFound] = []
        for kind in VULNERABILITIES:
            if kind in ruled and (kind in held or kind not in known):
                found.append(ruled[kind])
            elif kind in held and (
                words := _words(self._vulnerability, self._own.vulnerability, scanned, kind)
            ):
                found.append(VulnerabilityFound(kind, words))
        return tuple(found)

    def complains(self, text: str, language: str) -> bool:
        """Whether something is wrong, failed or unfair."""
        if self._own.complaint is not None and (chosen := self._own.complaint.judge(text).chosen):
            return NO_COMPLAINT not in chosen
        complains, _ = looks_like_complaint(text, language)
        held = self._complaint.judge(text, () if complains else (NO_COMPLAINT,))
        return held.get(NO_COMPLAINT, 0.0) < SURELY_NONE


def _said(mixed: Mixed, own: OwnReader | None, text: str, ruled: Collection[str]) -> dict[str, float]:
    """The labels that hold and their probability."""
    held = mixed.judge(text, ruled)
    return held if own is None else own.corrected(text, held)


def _known(mixed: Mixed, own: OwnReader | None) -> frozenset[str]:
    """The labels that somebody judges; what only the rules know is theirs."""
    return frozenset(mixed.card.labels).union(() if own is None else own.kinds)


def _words(mixed: Mixed, own: OwnReader | None, scanned: Scan, label: str) -> tuple[Span, ...]:
    """The words that weighed most, as the company's own model or else the shipped head says."""
    words = spans_of(own.words(scanned.text, label), scanned) if own is not None else ()
    return words or (mixed.words(scanned, label) if label in mixed.card.labels else ())


class RuledCircumstances:
    """The rules alone."""

    models: Final[dict[str, str]] = {}

    def needs(self, text: str, language: str) -> tuple[NeedFound, ...]:
        """See `find_needs`."""
        return find_needs(text, language)

    def vulnerability(self, text: str, language: str) -> tuple[VulnerabilityFound, ...]:
        """See `find_vulnerability`."""
        return find_vulnerability(text, language)

    def complains(self, text: str, language: str) -> bool:
        """See `looks_like_complaint`."""
        return looks_like_complaint(text, language)[0]
