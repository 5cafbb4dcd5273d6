"""Who is who: identities in one normal form, and the order in which they are believed.

external_id             the company's own number: decides alone, and contradicts everything below it
wechat, app_user        an account
email                   only where it is verified on record: anybody can type an address
phone                   last, since households share numbers and operators give them out again

Names never identify anybody. Two customers under one identity are nobody: a wrong profile is worse than none.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

import phonenumbers

IdentityKind = Literal["external_id", "email", "phone", "wechat", "app_user"]

ORDER: Final[tuple[tuple[IdentityKind, ...], ...]] = (
    ("external_id",),
    ("wechat", "app_user"),
    ("email",),
    ("phone",),
)
"""What decides first comes first; kinds of one tier must agree."""

Reason = Literal[
    "found",
    "unknown",  # nobody has one of these identities
    "ambiguous",  # several customers have them
    "contradicted",  # another customer's external id, or two different ones at once
]

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_SIGNS = re.compile(r"[\s().\-\u2010-\u2015\u2212/·]+")
_EXTENSION = re.compile(r"\s*(?:;ext=|ext\.?|x|#|转|分机)\s*([0-9]{1,6})$", re.IGNORECASE)
_US_GROUPS = re.compile(r"1[\s.\-]?\(?[2-9][0-9]{2}\)?[\s.\-]+[2-9][0-9]{2}[\s.\-]+[0-9]{4}")
_CN_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_REGIONS = ("CN", "GB", "US")
"""Whose national numbers are read without a country code. One that fits several is never guessed at."""
_PLUS = re.compile(r"\+[1-9][0-9]{6,17}")
_WITH_COUNTRY = re.compile(r"86(?:1[3-9][0-9]{9})|44[1-9][0-9]{9}")
_COUNTRY_OF = {"zh": "+86", "en": "+44"}


@lru_cache(maxsize=20_000)
def normalised(kind: IdentityKind, value: str, language: str | None = None) -> str:
    """The form under which an identity is stored and found.

    E-mail in lower case; phone as `+` and digits where the country is plain (`;ext=` for an extension), else
    the digits as dialled; everything else as it is. The customer's `language` decides between China and
    Britain where a landline number fits both plans.

    Raises:
        ValueError: no e-mail address or phone number; the message does not hold the value.
    """
    if kind == "email":
        return _email(value)
    if kind != "phone":
        return value.strip()
    forms = _phone(value)
    country = _COUNTRY_OF.get(language or "", "?")
    return forms[0] if len(forms) == 1 else next((f for f in forms if f.startswith(country)), forms[0])


def readings(kind: IdentityKind, value: str) -> tuple[str, ...]:
    """Every normal form that the value may have been stored under.

    Raises:
        ValueError: as `normalised`.
    """
    return _phone(value) if kind == "phone" else (normalised(kind, value),)


def _email(value: str) -> str:
    address = unicodedata.normalize("NFKC", value).strip()
    # lowering can leave a character that normalises further, and the other way round: until both agree
    while (lowered := unicodedata.normalize("NFKC", address.lower()).strip()) != address:
        address = lowered
    if not _EMAIL.fullmatch(address):
        raise ValueError("no e-mail address: write it like name@example.com, without the display name")
    return address


def _phone(value: str) -> tuple[str, ...]:
    """The forms a number may stand for: one where it is plain, else the bare digits and every reading."""
    text = unicodedata.normalize("NFKC", value)
    text = "".join(sign for sign in text if unicodedata.category(sign) != "Cf").strip()
    ending, extension = "", _EXTENSION.search(text)
    if extension:
        text, ending = text[: extension.start()], f";ext={extension[1]}"
    digits = _SIGNS.sub("", text)
    if _US_GROUPS.fullmatch(text):
        digits = f"+{digits}"
    forms = _international(digits) or _national(digits)
    if not forms:
        raise ValueError("no phone number: write it like +8613800138000, +447700900123 or +12025550123")
    return tuple(form + ending for form in forms)


def _international(digits: str) -> tuple[str, ...]:
    if digits.startswith("00"):
        digits = f"+{digits[2:]}"
    elif _WITH_COUNTRY.fullmatch(digits):
        digits = f"+{digits}"
    if not _PLUS.fullmatch(digits):
        return ()
    number = _parsed(digits, None)
    # possible is enough: numbering plans are newer than the list of them
    return (_e164(number),) if number is not None and phonenumbers.is_possible_number(number) else ()


def _national(digits: str) -> tuple[str, ...]:
    if _CN_MOBILE.fullmatch(digits):  # eleven digits that could be North American too
        return (f"+86{digits}",)
    # as dialled at home: what lacks the zero in front is a local number, whose area nobody knows
    regions = _REGIONS if digits.startswith("0") else ("US",)
    numbers = ((_parsed(digits, region), region) for region in regions)
    found = [
        _e164(number)
        for number, region in numbers
        if number is not None and phonenumbers.is_valid_number_for_region(number, region)
    ]
    if len(found) == 1:
        return (found[0],)
    return (digits, *found) if re.fullmatch(r"[0-9]{5,15}", digits) else ()


def _parsed(digits: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return None


def _e164(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@dataclass(frozen=True, slots=True)
class Holder:
    """A customer on record who has an identity."""

    customer_id: str
    verified: bool
    """Whether this identity of theirs is verified."""
    external_id: str | None
    """Normalised."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """Whom the identities point at, if anybody."""

    customer_id: str | None
    reason: Reason
    by: IdentityKind | None = None
    """The kind that decided."""


def resolve(
    offered: Sequence[tuple[IdentityKind, str]], holders: Callable[[IdentityKind, str], Sequence[Holder]]
) -> Resolution:
    """The one customer the offered identities belong to, by the order above.

    `holders` looks up who has an identity, given as its kind and the value as offered.
    """
    own_numbers = {normalised(kind, value) for kind, value in offered if kind == "external_id"}
    if len(own_numbers) > 1:
        return Resolution(None, "contradicted", "external_id")
    contradicted: IdentityKind | None = None
    for tier in ORDER:
        found: dict[str, IdentityKind] = {}
        for kind, value in offered:
            if kind not in tier:
                continue
            for holder in _believable(kind, holders(kind, value)):
                if own_numbers and holder.external_id is not None and holder.external_id not in own_numbers:
                    contradicted = contradicted or kind
                else:
                    found.setdefault(holder.customer_id, kind)
        if found:
            return _decided(found)
    return Resolution(None, "contradicted" if contradicted else "unknown", contradicted)


def _believable(kind: IdentityKind, holders: Sequence[Holder]) -> Sequence[Holder]:
    """Those who verified it, where anybody did; an e-mail address counts in no other way."""
    verified = [holder for holder in holders if holder.verified]
    return verified if verified or kind == "email" else holders


def _decided(found: dict[str, IdentityKind]) -> Resolution:
    (customer_id, kind), *others = found.items()
    return Resolution(None, "ambiguous", kind) if others else Resolution(customer_id, "found", kind)
