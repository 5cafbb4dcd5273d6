"""Codes of letters and digits: passports, plates, IBAN, national insurance, credit codes."""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from bot.privacy.candidates import Candidate
from bot.privacy.kinds import Kind
from bot.privacy.normal import Reading
from bot.privacy.patterns import checksums
from bot.privacy.patterns.labels import Labels
from bot.privacy.rules import privacy_rules

_TOKEN = re.compile(r"[0-9A-Za-z]{7,}")
_LONGEST = 34
_MIXED = re.compile("[A-Za-z][0-9]|[0-9][A-Za-z]")
_LETTER = re.compile("[A-Za-z]")
_GLUED = re.compile(r"[0-9A-Za-z_]-?\Z")
_LETTERS = "A-HJ-NP-Za-hj-np-z"
_PLATE = re.compile(
    rf"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领][{_LETTERS}][ ·•・.-]?"
    rf"(?=[A-Za-z]{{0,5}}[0-9])"
    rf"(?:[DFdf][{_LETTERS}0-9][0-9]{{4}}|[0-9]{{5}}[DFdf]|[{_LETTERS}0-9]{{4}}[{_LETTERS}0-9挂学警港澳])(?![A-Za-z0-9])"
)
"""Vehicle plates (GA 36-2018): province, city letter, five characters, or six for electric cars."""
_SPACED = re.compile(r"[A-Za-z]{2} ?[0-9]{2}")
_IBAN = re.compile(r"[A-Za-z]{2} ?[0-9]{2}(?:[ -]?[0-9A-Za-z]){11,30}")
_UNGROUPED = re.compile(r"[A-Za-z]{2}[0-9]{2}[0-9A-Za-z]{11,30}(?![0-9A-Za-z])")
_NINO = re.compile(
    r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-TW-Z][A-CEGHJ-NP-TW-Z](?: ?[0-9]{2}){3} ?[A-D](?![0-9A-Za-z])",
    re.IGNORECASE,
)
_HONG_KONG = re.compile(r"([A-Z]{1,2})([0-9]{6}) ?\(([0-9A])\)")
_CHINESE_LABELS = ("护照", "通行证", "回乡证", "台胞证", "证件")
_AROUND = 24


class Shape(NamedTuple):
    """A code that is recognised by its form."""

    pattern: re.Pattern[str]
    kind: Kind
    reason: str
    check: Callable[[str], bool] | None = None
    named: bool = False
    """Whether the text must speak of a passport or permit just before."""


_SHAPES = (
    Shape(
        re.compile(r"[EG][A-HJ-NP-Z0-9][0-9]{7}|(?:DE|SE|PE|MA)[0-9]{7}"),
        Kind.PASSPORT,
        "Chinese passport number",
    ),
    Shape(re.compile(r"[DSPK][0-9]{8}"), Kind.PASSPORT, "passport number", named=True),
    Shape(
        re.compile(r"[HMCW][0-9]{8}(?:[0-9]{2})?|C[A-HJ-NP-Z][0-9]{7}"),
        Kind.TRAVEL_PERMIT,
        "travel permit",
        named=True,
    ),
    Shape(
        re.compile(r"[A-Z][12][0-9]{8}"),
        Kind.ID_NUMBER,
        "Taiwan identity number: check digit valid",
        checksums.taiwan_identity,
    ),
    Shape(
        re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}"),
        Kind.COMPANY_ID,
        "unified social credit code: check digit valid",
        checksums.company_id,
    ),
)
_LABELLED: dict[str, tuple[Kind, int, int]] = {
    "passport": (Kind.PASSPORT, 6, 12),
    "permit": (Kind.TRAVEL_PERMIT, 7, 12),
    "licence": (Kind.DRIVER_LICENCE, 6, 20),
    "social_insurance": (Kind.SOCIAL_INSURANCE, 6, 20),
    "company": (Kind.COMPANY_ID, 13, 20),
    "vehicle": (Kind.VEHICLE, 5, 17),
    "plate": (Kind.PLATE, 5, 8),
    "id_number": (Kind.ID_NUMBER, 7, 12),
    "account": (Kind.ACCOUNT, 7, 34),
    "account_number": (Kind.ACCOUNT, 7, 34),
}
"""By class of label: what the code is, and how many letters and digits it has."""
_LABELLED_TOKEN = re.compile(
    r"[A-Za-z]{2}[0-9]{2} [A-Za-z]{3}(?![A-Za-z])"
    r"|(?=[A-Za-z]{0,5}[0-9])[0-9A-Za-z]+(?:[ -][A-Za-z]{0,3}[0-9][0-9A-Za-z]*){0,4}"
)


def find_codes(reading: Reading, labels: Labels) -> list[Candidate]:
    """Every code of the reading that identifies someone."""
    text = reading.text
    found: list[Candidate | None] = []
    if _MIXED.search(text):
        found += [_shaped(reading, labels, token) for token in _TOKEN.finditer(text) if _mixed(token[0])]
        found += [_hong_kong(code) for code in _HONG_KONG.finditer(text)]
        found += _labelled(text, labels)
    if reading.has_latin:
        found += [_spaced(reading, labels, code.start()) for code in _SPACED.finditer(text)]
    if reading.has_han:
        reason = "vehicle plate: province, city letter, five or six characters"
        found += [Candidate(*plate.span(), Kind.PLATE, reason) for plate in _PLATE.finditer(text)]
    return [candidate for candidate in found if candidate]


def _mixed(token: str) -> bool:
    return len(token) <= _LONGEST and not token.isalpha() and not token.isdigit()


def _shaped(reading: Reading, labels: Labels, token: re.Match[str]) -> Candidate | None:
    code, start = token[0].upper(), token.start()
    shape = next((shape for shape in _SHAPES if shape.pattern.fullmatch(code)), None)
    if shape is None or (shape.check and not shape.check(code)):
        return None
    if labels.before(start).says("keep") or _GLUED.search(reading.text, max(0, start - 2), start):
        return None
    if shape.named and not _near_document_word(reading, start):
        return None
    return Candidate(start, token.end(), shape.kind, shape.reason)


def _spaced(reading: Reading, labels: Labels, start: int) -> Candidate | None:
    """National insurance number or IBAN, which are written with spaces too."""
    text = reading.text
    if _GLUED.search(text, max(0, start - 1), start) or labels.before(start).says("keep"):
        return None
    nino = _NINO.match(text, start)
    if nino:
        return Candidate(
            start, nino.end(), Kind.NINO, "national insurance number: two letters, six digits, one letter"
        )
    end = _iban_end(text, start, "iban" in reading.folded[max(0, start - _AROUND) : start])
    return Candidate(start, end, Kind.IBAN, "IBAN: country, length and remainder modulo 97") if end else None


def _hong_kong(code: re.Match[str]) -> Candidate | None:
    if not checksums.hong_kong_identity(code[1], code[2], code[3]):
        return None
    return Candidate(*code.span(), Kind.ID_NUMBER, "Hong Kong identity card: check digit valid")


def _labelled(text: str, labels: Labels) -> Iterator[Candidate]:
    """Codes that only the word in front gives away: licence, passport, number plate, social insurance."""
    for at, label in labels.each(_LABELLED):
        token = _LABELLED_TOKEN.match(text, at)
        if (
            token is None
            or _LETTER.match(text, at - 1)
            or token[0].replace("-", "").replace(" ", "").isdigit()
        ):
            continue
        kind, fewest, most = _LABELLED[label]
        if fewest <= sum(character.isalnum() for character in token[0]) <= most:
            yield Candidate(*token.span(), kind, f"code of {fewest} to {most} characters after its label")


def _near_document_word(reading: Reading, at: int) -> bool:
    window = reading.folded[max(0, at - _AROUND) : at]
    return any(word in window for word in (*_CHINESE_LABELS, "passport", "permit"))


def _iban_end(text: str, start: int, named: bool) -> int:
    """Where the IBAN that starts here ends; 0 if there is none. `named`: the text calls it one."""
    match = _IBAN.match(text, start)
    if not match:
        return 0
    length = privacy_rules().numbers.iban_lengths.get(text[start : start + 2].upper(), 0)
    places = [start + at for at, character in enumerate(match[0]) if character.isalnum()]
    if 0 < length <= len(places):
        end = places[length - 1] + 1
        alone = not (text[end : end + 1].isascii() and text[end : end + 1].isalnum())
        if alone and (named or checksums.iban("".join(text[at] for at in places[:length]).upper())):
            return end
    ungrouped = _UNGROUPED.match(text, start) if named else None
    return ungrouped.end() if ungrouped else 0
