"""Codes of letters and digits: passports, plates, IBAN, national insurance, credit codes."""

import re
from collections.abc import Callable
from functools import cache

from bot.privacy.candidates import Candidate
from bot.privacy.kinds import Kind
from bot.privacy.normal import Reading
from bot.privacy.patterns import checksums
from bot.privacy.patterns.labels import Label, labels
from bot.privacy.rules import privacy_rules

_TOKEN = re.compile(r"[0-9A-Za-z]{7,}")
_LONGEST = 34
_MIXED = re.compile("[A-Za-z][0-9]|[0-9][A-Za-z]")
_LETTER = re.compile("[A-Za-z]")
_GLUED = re.compile(r"[0-9A-Za-z_]-?\Z")
_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领][A-HJ-NP-Za-hj-np-z][ ·•・・.-]?(?=[A-Za-z]{0,5}[0-9])"
    r"(?:[DFdf][A-HJ-NP-Za-hj-np-z0-9][0-9]{4}|[0-9]{5}[DFdf]|[A-HJ-NP-Za-hj-np-z0-9]{4}[A-HJ-NP-Za-hj-np-z0-9挂学警港澳])(?![A-Za-z0-9])"
)
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

_SHAPES: tuple[tuple[re.Pattern[str], Kind, str], ...] = (
    (
        re.compile(r"[EG][A-HJ-NP-Z0-9][0-9]{7}|(?:DE|SE|PE|MA)[0-9]{7}"),
        Kind.PASSPORT,
        "Chinese passport number",
    ),
    (re.compile(r"[DSPK][0-9]{8}"), Kind.PASSPORT, "passport number"),
    (
        re.compile(r"[HMCW][0-9]{8}(?:[0-9]{2})?|C[A-HJ-NP-Z][0-9]{7}"),
        Kind.TRAVEL_PERMIT,
        "travel permit number",
    ),
    (re.compile(r"[A-Z][12][0-9]{8}"), Kind.ID_NUMBER, "Taiwan identity number: check digit valid"),
    (
        re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}"),
        Kind.COMPANY_ID,
        "unified social credit code: check digit valid",
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
    "id_number": (Kind.ID_NUMBER, 7, 18),
    "account": (Kind.ACCOUNT, 7, 34),
}
_LABELLED_TOKEN = re.compile(
    r"[A-Za-z]{2}[0-9]{2} [A-Za-z]{3}(?![A-Za-z])|(?=[A-Za-z]{0,5}[0-9])[0-9A-Za-z]+(?:[ -][A-Za-z]{0,3}[0-9][0-9A-Za-z]*){0,4}"
)


class CodeRules:
    """The rules for codes of letters and digits."""

    def __init__(self) -> None:
        self._certain: dict[str, Callable[[str, Reading, int], bool]] = {
            "Chinese passport number": lambda _code, _reading, _at: True,
            "passport number": _near_document_word,
            "travel permit number": _near_document_word,
            "Taiwan identity number: check digit valid": lambda code, _reading, _at: (
                checksums.taiwan_identity(code)
            ),
            "unified social credit code: check digit valid": lambda code, _reading, _at: checksums.company_id(
                code
            ),
        }

    def find(self, reading: Reading) -> list[Candidate]:
        """Every code of the reading that identifies someone."""
        found: list[Candidate | None] = find_labelled(reading) if _MIXED.search(reading.text) else []
        found += [self._token(reading, match) for match in _TOKEN.finditer(reading.text)]
        found += [self._spaced(reading, match.start()) for match in _SPACED.finditer(reading.text)]
        found += [self._hong_kong(reading, match) for match in _HONG_KONG.finditer(reading.text)]
        if reading.has_han:
            found += [
                Candidate(
                    match.start(),
                    match.end(),
                    Kind.PLATE,
                    "vehicle plate: province, city letter, five or six characters",
                )
                for match in _PLATE.finditer(reading.text)
            ]
        return [candidate for candidate in found if candidate]

    def _token(self, reading: Reading, match: re.Match[str]) -> Candidate | None:
        token = match[0]
        if len(token) > _LONGEST or token.isalpha():
            return None
        all_digits = token.isdigit()
        if all_digits and len(token) != 18:
            return None
        return self._shaped(reading, match, token.upper(), all_digits)

    def _shaped(
        self, reading: Reading, match: re.Match[str], code: str, all_digits: bool
    ) -> Candidate | None:
        label: Label | None = None
        for shape, kind, reason in _SHAPES:
            if not shape.fullmatch(code):
                continue
            label = label or labels().before(reading.folded, match.start())
            if label.says("keep") or (all_digits and not label.says("company")):
                return None
            if _GLUED.search(reading.text, max(0, match.start() - 2), match.start()):
                return None
            if self._certain[reason](code, reading, match.start()):
                return Candidate(match.start(), match.end(), kind, reason)
        return None

    def _spaced(self, reading: Reading, start: int) -> Candidate | None:
        text = reading.text
        if start and text[start - 1].isascii() and text[start - 1].isalnum():
            return None
        label = labels().before(reading.folded, start)
        if label.says("keep"):
            return None
        nino = _NINO.match(text, start)
        if nino:
            return Candidate(
                start, nino.end(), Kind.NINO, "national insurance number: two letters, six digits, one letter"
            )
        end = _iban_end(text, start, "iban" in reading.folded[max(0, start - _AROUND) : start])
        return (
            Candidate(start, end, Kind.IBAN, "IBAN: country, check digits modulo 97 and length")
            if end
            else None
        )

    def _hong_kong(self, reading: Reading, match: re.Match[str]) -> Candidate | None:
        if not checksums.hong_kong_identity(match[1], match[2], match[3]):
            return None
        return Candidate(
            match.start(), match.end(), Kind.ID_NUMBER, "Hong Kong identity card: check digit valid"
        )


def find_labelled(reading: Reading) -> list[Candidate | None]:
    """Codes that only the word in front of them gives away: licence, passport, number plate, social insurance."""
    found: list[Candidate | None] = []
    for at, label in labels().each(reading.folded, tuple(_LABELLED)):
        token = _LABELLED_TOKEN.match(reading.text, at)
        if (
            token is None
            or _LETTER.match(reading.text, at - 1)
            or not any(character.isalpha() for character in token[0])
        ):
            continue
        kind, fewest, most = _LABELLED[label]
        size = sum(character.isalnum() for character in token[0])
        if fewest <= size <= most:
            found.append(
                Candidate(
                    token.start(), token.end(), kind, f"code of {fewest} to {most} characters after its label"
                )
            )
    return found


def _near_document_word(_code: str, reading: Reading, at: int) -> bool:
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


@cache
def code_rules() -> CodeRules:
    """The rules, built once."""
    return CodeRules()
