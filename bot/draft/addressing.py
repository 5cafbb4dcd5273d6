"""Whom a draft addresses: this customer, about this complaint, with nothing left to fill in."""

import re
from typing import Final

from bot.draft.exhibit import Exhibit, Verdict

_GAP_MARKS: Final = ("{", "[", "【", "<", "XX", "xx", "某某", "__", "TBD", "××", "＿")
_GAP: Final = re.compile(
    r"\{\{?[^{}\n]{0,40}\}?\}|\[[^\]\n]{1,40}\]|【[^】\n]{0,40}】|<[^>\n]{1,40}>|[xX]{2,}(?![a-wyz])|某某|[_＿]{2,}"
    r"|×{2,}|\bTBD\b"
)
_REFERENCE: Final = {
    "zh": re.compile(
        r"(?:工单号|工单编号|受理编?号|案件编?号|投诉编?号|参考号|编号)(?:是|为|[:：])?\s?(?P<n>[A-Za-z0-9][\w/#.-]{2,39})",
        re.ASCII,
    ),
    "en": re.compile(
        r"(?:[Rr]eference|[Rr]ef\.?|[Tt]icket|[Cc]ase|[Cc]omplaint|[Nn]umber)\s"
        r"(?:[Nn]umber\s|[Nn]o\.?\s|ID\s|id\s)?(?:is\s|:\s?)?#?(?P<n>[A-Za-z]{0,6}-?\d[\w/#-]{2,39})",
        re.ASCII,
    ),
}
_ADDRESSED: Final = {
    "zh": re.compile(
        r"(?:尊敬的|亲爱的)([^：:，,。\n]{1,40}?)(?=您好|[：:，,。\n])"
        r"|^(?:您好[，,！!]?)?([㐀-鿿]{1,4}(?:先生|女士|小姐))(?=您?好|[：:，,])"
    ),
    "en": re.compile(
        r"(?:Dear|Hello|Hi|Good (?:morning|afternoon))\s+"
        r"(?:there\s+(?=[A-Z]))?((?:(?:Mrs?|Ms|Mx|Dr|Prof)\.)?[^,.:!\n]{1,60})"
    ),
}
_ANYBODY: Final = frozenset(
    (
        "客户",
        "用户",
        "您",
        "先生",
        "女士",
        "顾客",
        "customer",
        "valued customer",
        "sir",
        "madam",
        "sir or madam",
        "there",
    )
)
_TITLED: Final = {
    "zh": re.compile(r"([㐀-鿿]{1,3})(?:先生|女士|小姐)"),
    "en": re.compile(r"(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof)\.?\s([A-Z][\w'’-]+)"),
}
_LEAST_DIGITS: Final = 4
"""Digits from which a reference has a form of its own."""


def right_person(draft: Exhibit) -> Verdict:
    """R1: addressed to this customer, about this complaint, with nothing left to fill in."""
    if any(mark in draft.own for mark in _GAP_MARKS) and (gap := _GAP.search(draft.own)):
        return draft.flaw("gap", gap.span(), place=gap.start())
    for match in _REFERENCE[draft.brief.language].finditer(draft.text):
        number = match["n"].rstrip("./-")
        if number not in draft.plan.reference and not draft.sources.says(number):
            return draft.flaw("other_reference", match.span("n"))
    if other := _other_number(draft):
        return draft.flaw("other_reference", other)
    return _names_stranger(draft)


def _other_number(draft: Exhibit) -> tuple[int, int] | None:
    """Where a number of the form of our reference stands that is another one."""
    reference = draft.plan.reference
    if sum(map(str.isdigit, reference)) < _LEAST_DIGITS:
        return None
    form = "".join(r"\d" if each.isdigit() else re.escape(each) for each in reference)
    for match in re.finditer(rf"(?<![A-Za-z0-9]){form}(?![A-Za-z0-9])", draft.text):
        if match[0] != reference and not draft.sources.says(match[0]):
            return match.span()
    return None


def _names_stranger(draft: Exhibit) -> Verdict:
    language, name = draft.brief.language, draft.plan.name
    for match in _ADDRESSED[language].finditer(draft.text):
        group = 1 if match[1] is not None else 2
        addressed = match[group].strip()
        if addressed.lower() not in _ANYBODY and addressed.replace(".", "").replace(
            "老先生", "先生"
        ) != name.replace(".", ""):
            return draft.flaw("stranger", match.span(group))
    known = f"{name} {draft.brief.text}"
    for match in _TITLED[language].finditer(draft.own):
        if match[1].removesuffix("老") not in known and not match[1].endswith(("的", "位")):
            return draft.flaw("stranger", match.span())
    return None
