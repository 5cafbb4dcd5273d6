"""How numbers that identify someone are written: digits and their separators, each from its first digit."""

import re

RUN = re.compile(r"[0-9](?:[0-9]|[ .()-]{1,3}(?=[0-9]))*")
"""Digits that may belong together."""
GROUP = re.compile(r"[0-9]+")
ANY = re.compile(r"[0-9]+(?:[ .()-]{1,3}[0-9]+){0,12}")
BEGINS = re.compile(r"[0-9]{3}|[0-9]{1,2}[ .()-]{1,3}[0-9]{3}|1[ -][3-9](?:[ -][0-9]){9}(?![ -]?[0-9])")
"""What a number inside a run begins with."""

DATE = re.compile(r"(?:19|20)[0-9]{2}([-.])[0-9]{1,2}\1[0-9]{1,2}(?![0-9])")
DECIMAL = re.compile(r"[0-9]+\.[0-9]{1,2}")
DECIMALS_AFTER = re.compile(r"\.[0-9]{1,2}(?![0-9])")

IDENTITY = re.compile(
    r"[1-9][0-9]{5}[ -]?(?:18|19|20)[0-9]{2}[ -]?(?:0[1-9]|1[0-2])[ -]?(?:0[1-9]|[12][0-9]|3[01])"
    r"[ -]?[0-9]{3}[ -]?[0-9Xx](?![0-9A-Za-z])"
)
"""Chinese identity number of 18 characters (GB 11643-1999): region, date of birth, order, check digit."""
SSN = re.compile(r"[0-9]{3}[ -]?[0-9]{2}[ -]?[0-9]{4}(?![0-9-])")

CARD = re.compile(
    r"3[47][0-9]{2}[ -]?[0-9]{6}[ -]?[0-9]{5}(?![0-9])"
    r"|[0-9]{4}(?:[ -]?[0-9]{4}){2,3}(?:[ -]?[0-9]{1,3})?(?![0-9])"
)
ISSUER = re.compile(
    r"4[0-9]{15}|5[1-5][0-9]{14}|2[2-7][0-9]{14}|3[47][0-9]{13}|3(?:0[0-5]|[68][0-9])[0-9]{11}|35[0-9]{14}"
    r"|6(?:011|5[0-9]{2}|4[4-9][0-9])[0-9]{12}|62[0-9]{14,17}|9558[0-9]{15}"
)
"""Card numbers by issuer and length: Visa, Mastercard, Amex, Diners, JCB, Discover, UnionPay, ICBC."""

MOBILE = re.compile(r"(?P<country>(?:00)?86[ )-]{0,2})?0?(?P<number>1[ -]?[3-9](?:[ .-]?[0-9]){9})(?![0-9])")
NORTH_AMERICAN = re.compile(r"(?:1[ .-]?)?\(?[2-9][0-9]{2}\)?[ .-]{0,2}[2-9][0-9]{2}[ .-]?[0-9]{4}(?![0-9])")
TRUNK = re.compile(r"0[1-9](?:[ .)-]{0,2}[0-9]){8,10}(?![0-9])")
"""National numbers with trunk prefix 0: British, French and others."""
CHINESE_LANDLINE = re.compile(
    r"0(?:10|2[0-9]|[3-9][0-9]{2})\)?[ -]{0,2}[2-9][0-9]{2,3}[ -]?[0-9]{4}(?![0-9])"
)
EXTENSION = re.compile(r" ?(?:ext\.? ?|x|转|分机号?|#)[0-9]{1,6}(?![0-9])|-[0-9]{1,5}(?![0-9])")


def plain(written: str) -> str:
    """Digits and letters only."""
    return "".join(filter(str.isalnum, written))


def joined(written: str, fewest: int, most: int) -> int:
    """Length of the beginning of `written` that makes a number of `fewest` to `most` digits; 0 if none does.

    Groups join until there are enough digits; after that only across a hyphen, or if of two digits or more.
    """
    end = digits = 0
    for group in GROUP.finditer(written):
        size = group.end() - group.start()
        complete = digits >= fewest
        if digits + size > most or (complete and size < 2 and written[group.start() - 1] != "-"):
            break
        digits, end = digits + size, group.end()
    return end if fewest <= digits else 0
