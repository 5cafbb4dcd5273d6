"""People as columns of plain values that can be compared: one form for each, whatever the source wrote."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from profiles.duplicate_rules import DuplicateRules, How

HAN: Final = re.compile(r"[\u3400-\u9fff]")
_DATE: Final = re.compile(r"(\d{4})\D+(\d{1,2})\D+(\d{1,2})\D*")
_NOT_WORD: Final = re.compile(r"[\W_]+")
NAME: Final = "name"
"""The kind of a whole name, which is taken apart."""
FAMILY: Final = "family_name"
GIVEN: Final = "given_name"


@dataclass(frozen=True, slots=True)
class Person:
    """One customer on record, with what may tell who they are."""

    id: str
    values: Mapping[str, Sequence[str]]
    """By kind of duplicates.toml, or `name` for a whole name; several only where contacts are compared."""
    external_id: str | None = None
    """The company's own number: two people with two numbers are two."""


@dataclass(frozen=True, slots=True)
class Columns:
    """People by kind, in one order."""

    texts: Mapping[str, Sequence[str]]
    """By kind: the value of each, empty where it is not known."""
    contacts: Mapping[str, Sequence[frozenset[str]]]
    """By kind of contact: all of each."""


def columns_of(people: Sequence[Person], rules: DuplicateRules) -> Columns:
    """The columns of people; a kind nobody has is left out."""
    texts: dict[str, list[str]] = {}
    contacts: dict[str, list[frozenset[str]]] = {}
    names = [_named(person, rules.compound_surnames) for person in people]
    for kind, declared in rules.kinds.items():
        if declared.how == "contact":
            column = [frozenset(_plain(v) for v in person.values.get(kind, ()) if v) for person in people]
            if any(column):
                contacts[kind] = column
            continue
        found = [
            name[kind] if kind in name else _value(person, kind, declared.how, rules.place_signs)
            for person, name in zip(people, names, strict=True)
        ]
        if any(found):
            texts[kind] = found
    return Columns(texts, contacts)


def _value(person: Person, kind: str, how: How, signs: str) -> str:
    values = [value for value in person.values.get(kind, ()) if value]
    return normal(values[0], how, signs) if values else ""


@lru_cache(maxsize=200_000)
def normal(value: str, how: How, signs: str = "") -> str:
    """A value in the form in which values of its kind are compared."""
    text = unicodedata.normalize("NFKC", value).casefold().strip()
    if how == "date":
        found = _DATE.fullmatch(text)
        return f"{found[1]}{int(found[2]):02}{int(found[3]):02}" if found else re.sub(r"\D", "", text)
    plain = _plain(text)
    if how == "place" and HAN.search(plain):
        return "".join(sign for sign in plain if sign not in signs) or plain
    return plain


def _plain(text: str) -> str:
    """Without spaces and marks, which sources set as they like; an address keeps its dots and its @."""
    text = unicodedata.normalize("NFKC", text).casefold().strip()
    return text if "@" in text else _NOT_WORD.sub("", text)


def _named(person: Person, compound: Sequence[str]) -> dict[str, str]:
    """Family and given name: as they are told apart, else from the whole."""
    apart = {
        kind: normal(values[0], "text")
        for kind in (FAMILY, GIVEN)
        if (values := person.values.get(kind)) and values[0]
    }
    whole = next((value for value in person.values.get(NAME, ()) if value.strip()), "")
    if apart or not whole:
        return {FAMILY: "", GIVEN: "", **apart}
    text = " ".join(unicodedata.normalize("NFKC", whole).casefold().split())
    if HAN.search(text):
        text = _NOT_WORD.sub("", text)
        length = 2 if text[:2] in compound and len(text) > 2 else 1
        return {FAMILY: text[:length], GIVEN: text[length:]}
    if "," in text:
        family, _, given = text.partition(",")
    else:
        given, _, family = text.rpartition(" ")
    return {FAMILY: _plain(family), GIVEN: _plain(given)}
