"""The words and lists the redaction goes by, from the TOML files beside this module."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field

from knowledge.case import Owned
from knowledge.rules import load_rules

HERE = Path(__file__).parent

Words = Annotated[tuple[str, ...], Field(min_length=1)]


class Dated(Owned):
    """What every rules file says about itself."""

    version: str
    source: str
    valid_from: date


class NumberWords(Owned):
    """What tells a person's number from an amount or a company's line."""

    hotlines: Words
    hotlines_outside_china: Words
    units: Words
    currencies: Words
    provinces: frozenset[int]
    iban_lengths: dict[str, int]
    phone_letters: Words


class ChineseNameWords(Owned):
    """What introduces, follows or rules out a Chinese name."""

    sure: Words
    labels: Words
    names_only: frozenset[str]
    may: Words
    titles: Words
    nickname_near: Words
    after: Words
    unnamed: frozenset[str]
    no_surname: frozenset[str]
    no_names: frozenset[str]


class EnglishNameWords(Owned):
    """What introduces or rules out a name in Latin letters; lower case."""

    sure: Words
    fields: Words
    may: Words
    may_if_known: Words
    roles: Words
    particles: frozenset[str]
    titles: Words
    sign_offs: Words
    ambiguous: frozenset[str]
    no_names: frozenset[str]


class ChineseAddressWords(Owned):
    """The parts a Chinese address is made of."""

    labels: Words
    verbs: Words
    streets: Words
    not_streets: Words
    estates: Words
    not_estates: Words
    units: Words
    first_units: Words
    townships: Words
    stops: str


class EnglishAddressWords(Owned):
    """The parts a British or American address is made of; lower case but for the states."""

    streets: Words
    short_streets: Words
    not_between: frozenset[str]
    before_name: Words
    endings: Words
    inside: Words
    lead_ins: Words
    states: Words


class PrivacyRules(Dated):
    """`privacy.toml`."""

    labels: dict[str, Words]
    """Class of label (keep, hotline, or what the number is) to its words; lower case."""
    numbers: NumberWords
    names_zh: ChineseNameWords
    names_en: EnglishNameWords
    addresses_zh: ChineseAddressWords
    addresses_en: EnglishAddressWords


class Surnames(Dated):
    """`surnames.toml`."""

    single: Words
    """Lines of surnames, one character each."""
    compound: frozenset[str]
    doubtful: str
    prepositions: str
    given: Words
    """Lines of characters that given names are made of."""


class Regions(Dated):
    """`regions.toml`."""

    provinces: Words
    cities: Words
    districts: Words


class Traditional(Dated):
    """`traditional.toml`."""

    pairs: Words
    """Lines of pairs of characters, the simplified one second."""


class GivenNames(Dated):
    """`given_names.toml`."""

    names: str
    """Lower case, separated by white space."""


@cache
def privacy_rules() -> PrivacyRules:
    """The rules as shipped; read once.

    Raises:
        InvalidRules: the file breaks its schema; says where.
    """
    return load_rules(HERE / "privacy.toml", PrivacyRules)


@cache
def surnames() -> Surnames:
    """Chinese surnames and the characters of given names; read once."""
    return load_rules(HERE / "surnames.toml", Surnames)


@cache
def regions() -> Regions:
    """Names of provinces, cities and districts; read once."""
    return load_rules(HERE / "regions.toml", Regions)


@cache
def simplified() -> dict[str, str]:
    """Traditional characters to simplified ones; read once."""
    lines = load_rules(HERE / "traditional.toml", Traditional).pairs
    return {pair[0]: pair[1] for line in lines for pair in line.split()}


@cache
def given_names() -> frozenset[str]:
    """First names, lower case; read once."""
    return frozenset(load_rules(HERE / "given_names.toml", GivenNames).names.split())
