"""Dates of birth: a date is kept unless the words around it say someone was born then."""

import re

from bot.privacy.candidates import Candidate
from bot.privacy.kinds import Kind
from bot.privacy.normal import Reading

_MONTH = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?"
)
_DATE = (
    r"(?:(?:19|20)?[0-9]{2}年 ?[0-9]{1,2}月(?: ?[0-9]{1,2}[日号]?)?"
    r"|(?:19|20)[0-9]{2}[-/. ][0-9]{1,2}[-/. ][0-9]{1,2}(?![0-9])"
    r"|(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?![0-9])"
    r"|[0-9]{1,2}[-/. ][0-9]{1,2}[-/. ](?:19|20)?[0-9]{2}(?![0-9])"
    rf"|[0-9]{{1,2}}(?:st|nd|rd|th)?(?: of)? (?:{_MONTH})\.?,? (?:19|20)?[0-9]{{2}}(?![0-9])"
    rf"|(?:{_MONTH})\.? [0-9]{{1,2}}(?:st|nd|rd|th)?,? (?:19|20)[0-9]{{2}}(?![0-9]))"
)
_LABEL = (
    r"出生日期|出生年月日?|出生于|出生|生日|生于|(?<![a-z])(?:date of birth|d\.?o\.?b\.?|birth date|birthdate"
    r"|birthday|born on|born in|born)(?![a-z])"
)
_BORN = re.compile(
    rf"({_LABEL})(?:[\s:=()]|是|为|is(?![a-z])|was(?![a-z])|it's(?![a-z])|on(?![a-z])|\.|,){{0,6}}({_DATE})"
)
_BORN_AFTER = re.compile(rf"(?<![0-9])({_DATE})(?: ?出生|生人|年?生的?(?=[,。;，\s]|$))")
_WORD = re.compile("生|(?<![a-z])(?:born|birth|d\\.?o\\.?b)")


def find_birth_dates(reading: Reading) -> list[Candidate]:
    """Every date of the reading that is said to be someone's birth."""
    folded = reading.folded
    if not _WORD.search(folded):
        return []
    found = [
        Candidate(*match.span(2), Kind.DATE_OF_BIRTH, f"date after {match[1]!r}")
        for match in _BORN.finditer(folded)
    ]
    found += [
        Candidate(*match.span(1), Kind.DATE_OF_BIRTH, "date before 出生")
        for match in _BORN_AFTER.finditer(folded)
    ]
    return found
