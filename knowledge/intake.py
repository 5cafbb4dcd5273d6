"""A case, an article or a labelled text, made of one row."""

import hashlib
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import tzinfo
from decimal import Decimal
from typing import Any, Final, Protocol, cast

from knowledge.article import Article
from knowledge.case import Case, Language
from knowledge.cells import (
    BadCell,
    DateOrder,
    Labels,
    day,
    identifier,
    key,
    language_of,
    moment,
    money,
    several,
)
from knowledge.evaluation import LabelledText
from knowledge.headers import Given, Headers
from knowledge.rows import RowProblem

Clean = Callable[[str], str]
"""Takes personal data out of a text."""

MAX_REMARKS: Final = 20
"""Remarks on one field of a file: a column of free text must not fill the screen."""
SHOWN: Final = 40
"""Characters of a label that a remark quotes."""
FREE_TEXT: Final = 10
"""An unknown outcome longer than this is no label: somebody wrote there what was done."""
_PARTS: Final = {
    "redress": {"kind": "redress", "amount": "amount", "currency": "currency"},
    "root_cause": {"kind": "root_cause_kind", "text": "root_cause"},
}


_LISTS: Final = frozenset({"emotions", "escalations", "needs", "vulnerability", "categories", "label"})


class CategoryNames(Protocol):
    """Finds a category by what people call it."""

    def find(self, name: str) -> str | None:
        """The code of the category with this code or display name, in any language; None for no such one."""
        ...


class Intake:
    """Makes items of rows, and remarks on what it leaves out: once for each value, up to a limit."""

    def __init__(self, clean: Clean, taxonomy: CategoryNames | None, zone: tzinfo, order: DateOrder) -> None:
        self.headers: Final = Headers.shipped()
        self.remarks: list[RowProblem] = []
        """On the row in hand."""
        self._clean = clean
        self._taxonomy = taxonomy
        self._zone = zone
        self._order: DateOrder = order
        self._row = 0
        self._seen: dict[str, set[str]] = {}
        self._labels: dict[str, Labels] = {}
        self._signs = {
            unicodedata.normalize("NFKC", name).casefold(): code
            for code, names in self.headers.currency.items()
            for name in (code, *names)
        }
        self._amount_means = {
            key(name): kind for kind, names in self.headers.amount_column.items() for name in names
        }

    def begin(self, number: int, given: Given) -> None:
        """A new row: forget the remarks on the one before."""
        self._row, self.remarks = number, []
        for column in given.unknown:
            self._remark(
                self._shown(column), "is a column we do not know, and was left out", "rename it if we should"
            )
        for column, used in given.twice:
            problem = f"means the same as {self._shown(used)}, and was left out"
            self._remark(self._shown(column), problem, "fill one of them only")

    def labelled(self, given: Given) -> LabelledText:
        """The row as a text to learn from: a list holds several labels, a text is one, commas and all.

        Raises:
            BadCell: it has no text or no label.
        """
        given = _flattened(given)
        text, written = self._required(given, "text"), given.values.get("label")
        labels = several(written) if isinstance(written, list) else [self._required(given, "label")]
        if not all(isinstance(label, str) and label.strip() for label in labels):
            raise BadCell("label", "is no list of texts", 'write "label": "…" or "labels": ["…"]')
        language = self._labels_of("language").find(given.text("language")) or language_of(text)
        names = tuple(dict.fromkeys(label.strip() for label in labels))
        return LabelledText(text, names, cast("Language | None", language), row=self._row)

    def article(self, given: Given) -> Article:
        """The row as an article.

        Raises:
            BadCell, ValidationError: it is none.
        """
        given = _flattened(given)
        title, text = self._required(given, "title"), self._required(given, "text")
        categories = (self._category(str(name)) for name in several(given.values.get("categories")))
        return Article.model_validate(
            {
                "id": identifier("id", given.values.get("id")) or _id("article", f"{title}\n{text}"),
                "language": self._language(given, text),
                "title": title,
                "text": text,
                "kind": self._label(given, "kind", "kind") or "guide",
                "industry": given.text("industry"),
                "version": given.text("version") or "1",
                "valid_from": self._day(given, "valid_from"),
                "valid_to": self._day(given, "valid_to"),
                "supersedes": identifier("supersedes", given.values.get("supersedes")) or None,
                "categories": tuple(dict.fromkeys(code for code in categories if code)),
            }
        )

    def case(self, given: Given) -> Case:
        """The row as a case.

        Raises:
            BadCell, ValidationError: it is none.
        """
        given = _flattened(given)
        text = self._clean(self._required(given, "text"))
        language = self._language(given, text)
        outcome, resolution = self._outcome(given)
        received = given.values.get("received_at")
        cause = self._label(given, "root_cause_kind", "cause") or "none"
        return Case.model_validate(
            {
                # of the cleaned text: the hash of a text with a phone number in it could be searched back
                "id": identifier("id", given.values.get("id")) or _id("case", text),
                "language": language,
                "text": text,
                "industry": given.text("industry"),
                "channel": given.text("channel"),
                "product": given.text("product"),
                "received_at": moment("received_at", received, self._zone, self._order),
                "resolved_at": self._day(given, "resolved_at"),
                "customer": identifier("customer", given.values.get("customer")) or None,
                "complaint": self._label(given, "complaint", "truth") != "no",
                "category": self._category(given.text("category")),
                **self._emotions(given),
                "intensity": given.values.get("intensity"),
                "escalations": self._several(given, "escalations", "escalation"),
                "needs": self._needs(given),
                "vulnerability": self._several(given, "vulnerability", "vulnerability"),
                "urgency": self._label(given, "urgency", "urgency"),
                "outcome": outcome,
                "redress": self._redress(given, language),
                "root_cause": {"kind": cause, "text": self._clean(given.text("root_cause"))},
                "resolution": self._clean(resolution),
                "policy": identifier("policy", given.values.get("policy")) or None,
                "policy_version": given.text("policy_version") or None,
            }
        )

    # ---- parts of an item

    def _language(self, given: Given, text: str) -> str:
        named = given.text("language")
        found = self._labels_of("language").find(named) if named else language_of(text)
        if found is None:
            raise BadCell("language", "is neither Chinese nor English", "leave the row out")
        return found

    def _day(self, given: Given, field: str) -> Any:
        return day(field, given.values.get(field), self._order)

    def _outcome(self, given: Given) -> tuple[str | None, str]:
        """The outcome and the resolution; free text where the outcome belongs is a resolution."""
        written, resolution = given.text("outcome"), given.text("resolution")
        known = self._labels_of("outcome").find(written)
        if known is None and not resolution and len(written) > FREE_TEXT:
            return None, written
        return self._label(given, "outcome", "outcome"), resolution

    def _emotions(self, given: Given) -> dict[str, Any]:
        primary = self._label(given, "primary_emotion", "emotion")
        if "emotions" not in given.values:
            return {"emotions": (primary,) if primary else (), "primary_emotion": primary}
        emotions = self._several(given, "emotions", "emotion")
        if primary is None and len(emotions) == 1 and not isinstance(given.values["emotions"], list):
            primary = emotions[0]
        return {"emotions": emotions, "primary_emotion": primary}

    def _needs(self, given: Given) -> list[Any]:
        needs = given.values.get("needs")
        if isinstance(needs, (str, int, float, dict)):
            remedy = 'write [{"kind": "explicit", "need": "refund"}] in JSON Lines'
            raise BadCell("needs", "is no list", remedy)
        return [self._need(need) for need in several(needs)]

    def _need(self, need: Any) -> Any:
        if not isinstance(need, dict):
            return need
        values = cast("dict[str, Any]", need)
        return {**values, "text": self._clean(str(values.get("text") or ""))}

    def _redress(self, given: Given, language: str) -> dict[str, Any]:
        kind = self._label(given, "redress", "redress")
        amount, sign = money("amount", given.values.get("amount"), self._signs)
        if amount is None or (amount == 0 and kind is None):
            return {"kind": kind or "none"}
        named = given.text("currency").casefold()
        currency = self._signs.get(named, named.upper()) or sign or ("CNY" if language == "zh" else None)
        if currency is None:
            raise BadCell("amount", "has no currency", "add a column 'currency' with a code such as GBP")
        kind = kind or self._amount_means.get(key(given.columns.get("amount", ""))) or "compensation"
        return {"kind": kind, "amount": Decimal(amount), "currency": currency}

    def _category(self, name: str) -> str | None:
        code = self._taxonomy.find(name) if name and self._taxonomy is not None else None
        if name and code is None:
            self._remark(
                "category",
                f"{self._shown(name)!r} is no category, and was left out",
                "use a code or a name of the taxonomy",
            )
        return code

    def _required(self, given: Given, field: str) -> str:
        text = given.text(field)
        if not text:
            raise BadCell(field, "is empty", "fill it, or leave the row out")
        return text

    # ---- labels

    def _label(self, given: Given, field: str, table: str) -> str | None:
        written = given.text(field)
        return self._code(field, table, written) if written else None

    def _several(self, given: Given, field: str, table: str) -> tuple[str, ...]:
        codes = (self._code(field, table, str(item)) for item in several(given.values.get(field)))
        return tuple(dict.fromkeys(code for code in codes if code))

    def _code(self, field: str, table: str, written: str) -> str | None:
        labels = self._labels_of(table)
        code = labels.find(written)
        if code is None:
            self._remark(
                field,
                f"{self._shown(written)!r} is no label we know, and was left out",
                f"write one of {', '.join(labels.codes)}",
            )
        return code

    def _labels_of(self, table: str) -> Labels:
        if table not in self._labels:
            self._labels[table] = self.headers.labels(table)
        return self._labels[table]

    # ---- remarks

    def _remark(self, field: str, problem: str, remedy: str) -> None:
        seen = self._seen.setdefault(field, set())
        if problem not in seen and len(seen) < MAX_REMARKS:
            seen.add(problem)
            self.remarks.append(RowProblem(self._row, field, problem, remedy, lost=False))

    def _shown(self, name: str) -> str:
        """The name as far as it may be shown: a file without a header has customers' words in its place."""
        return self._clean(name[: 2 * SHOWN])[:SHOWN]


def _flattened(given: Given) -> Given:
    """The row with our own nested objects (redress, root_cause) as the flat fields they consist of."""
    values = dict(given.values)
    for field, parts in _PARTS.items():
        if isinstance(whole := values.get(field), dict):
            del values[field]
            for name, value in cast("dict[str, Any]", whole).items():
                values[parts.get(name, f"{field}.{name}")] = value
    for field, value in values.items():
        if "." in field:
            raise BadCell(field, "is a part we do not know", "leave it out")
        if isinstance(value, (dict, list)) and field not in _LISTS:
            raise BadCell(field, "is a JSON object or a list", "write a plain text")
    return replace(given, values=values)


def _id(kind: str, text: str) -> str:
    return f"{kind}-{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:20]}"
