"""Needs, vulnerability, and whether it is a complaint: what the rules find, weighed by three trained heads.

What a head alone finds is shown by the words that weighed most; what has no words to show is not said. What
the head makes unlikely is dropped, where that was measured to be right more often.
"""

from pathlib import Path
from typing import Final

from bot.triage.lexicon import Hit, scan
from bot.triage.mixing import Mixed
from bot.triage.needs import NeedFound, clause_around, find_needs, looks_like_complaint
from bot.triage.vulnerability import VULNERABILITIES, VulnerabilityFound, find_vulnerability
from knowledge.case import NeedKind
from knowledge.head import Head

NO_COMPLAINT: Final = "none"
SURELY_NONE: Final = 0.5
"""From which a text is taken for no complaint: one that waits among the questions costs more than a look."""
NEED_KINDS: Final[tuple[NeedKind, ...]] = ("explicit", "implicit")


SURE: Final = 0.6
"""From which a need that only the head finds counts as asked for: replies say what a customer asked."""


def need_label(kind: NeedKind, need: str) -> str:
    """How the head names a need."""
    return f"{kind}.{need}"


class Circumstances:
    """The three heads with their rules."""

    def __init__(self, needs: Mixed, vulnerability: Mixed, complaint: Mixed) -> None:
        self._needs, self._vulnerability, self._complaint = needs, vulnerability, complaint

    @classmethod
    def load(cls, folder: Path) -> "Circumstances":
        """Those in a folder that `bot.triage.shipped` wrote.

        Raises:
            ModelUnavailable: a file is missing, damaged, or does not belong to the others.
        """
        return cls(*(Mixed.load(folder / name) for name in ("needs", "vulnerability", "complaint")))

    @property
    def heads(self) -> tuple[Head, Head, Head]:
        """Of needs, vulnerability and complaint."""
        return self._needs.head, self._vulnerability.head, self._complaint.head

    def with_heads(self, needs: Head, vulnerability: Head, complaint: Head) -> "Circumstances":
        """The same rules with these heads, which are the same but for where they look features up."""
        return Circumstances(
            Mixed(needs, self._needs.card),
            Mixed(vulnerability, self._vulnerability.card),
            Mixed(complaint, self._complaint.card),
        )

    @property
    def models(self) -> dict[str, str]:
        """Name and revision of the heads, by subject."""
        heads = (self._needs, self._vulnerability, self._complaint)
        return {each.head.card.subject: each.head.name for each in heads}

    def needs(self, text: str, language: str) -> tuple[NeedFound, ...]:
        """Each code once, in order of the text."""
        ruled = {need_label(found.kind, found.need): found for found in find_needs(text, language)}
        held, found = self._needs.judge(text, ruled), scan(text)
        kept = [
            need for label, need in ruled.items() if label in held or label not in self._needs.card.labels
        ]
        codes = {need.need for need in kept}
        for kind in NEED_KINDS:
            for label, probability in held.items():
                said, _, code = label.partition(".")
                unsure = kind == "explicit" and probability < SURE
                if said != kind or code in codes or unsure:
                    continue
                if words := self._needs.words(found, label):
                    first = Hit(words[0].start, words[0].end, (code,), 1.0)
                    clause = clause_around(text, first)
                    kept.append(NeedFound(kind, code, clause.text, clause))
                    codes.add(code)
        return tuple(sorted(kept, key=lambda need: need.span.start))

    def vulnerability(self, text: str, language: str) -> tuple[VulnerabilityFound, ...]:
        """Each kind once."""
        ruled = {found.kind: found for found in find_vulnerability(text, language)}
        held, scanned = self._vulnerability.judge(text, ruled), scan(text)
        found: list[VulnerabilityFound] = []
        for kind in VULNERABILITIES:
            if kind in ruled and (kind in held or kind not in self._vulnerability.card.labels):
                found.append(ruled[kind])
            elif kind in held and (words := self._vulnerability.words(scanned, kind)):
                found.append(VulnerabilityFound(kind, words))
        return tuple(found)

    def complains(self, text: str, language: str) -> bool:
        """Whether something is wrong, failed or unfair."""
        complains, _ = looks_like_complaint(text, language)
        held = self._complaint.judge(text, () if complains else (NO_COMPLAINT,))
        return held.get(NO_COMPLAINT, 0.0) < SURELY_NONE


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
