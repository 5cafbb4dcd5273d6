"""Cases and articles in SQL, and the change log that feeds the indexes. SQLAlchemy: here and in `schema`."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, Final, Literal, Protocol

from sqlalchemy import (
    Select,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Session

from knowledge.article import Article, Passage
from knowledge.case import Case, searchable
from knowledge.row_values import article_row, case_row, passage_row
from knowledge.schema import ArticleRow, CaseRow, ChangeRow, PassageRow

ItemKind = Literal["case", "passage"]
Operation = Literal["upsert", "delete"]

IN_LIMIT = 500
"""Ids in one IN list: far below the smallest limit of a supported database (SQLite's 999 before 3.32)."""


class Sessions(Protocol):
    """Where sessions come from. Each sees the rows of one tenant, whatever a statement says."""

    def read(self, tenant: str) -> AbstractContextManager[Session]: ...
    def write(self, tenant: str, *, ordered: bool = False) -> AbstractContextManager[Session]: ...
    def read_every_tenant(self) -> AbstractContextManager[Session]: ...
    def prepare(
        self, *queries: Select[*tuple[Any, ...]]
    ) -> Callable[[str, Mapping[str, Any]], Sequence[Sequence[Any]]]: ...


@dataclass(frozen=True, slots=True)
class Change:
    """An entry of the change log."""

    seq: int
    tenant: str
    kind: ItemKind
    item_id: str
    operation: Operation


@dataclass(frozen=True, slots=True)
class About:
    """What an item is about, without its words."""

    language: str
    industry: str
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """Cases and passages as SQL gave them, by id; one is read only when it is wanted."""

    case_rows: dict[str, Any]
    passage_rows: dict[str, Any]

    def about_case(self, i: str) -> About | None:
        """What a case is about, if it exists."""
        row = self.case_rows.get(i)
        if row is None:
            return None
        _, _, language, industry, category = row
        return About(language, industry, (category,) if category else ())

    def case(self, i: str) -> Case:
        """A case that exists."""
        return Case.model_validate_json(self.case_rows[i][1])

    def passage(self, i: str) -> tuple[Passage, Article]:
        """A passage that exists, and its article."""
        _, position, text, body = self.passage_rows[i]
        article = _article(body)
        return Passage(i, article.id, position, text), article


@dataclass(frozen=True, slots=True)
class Written:
    """What a write did, in items."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0

    def __add__(self, other: "Written") -> "Written":
        return Written(self.new + other.new, self.changed + other.changed, self.unchanged + other.unchanged)


FOUND_LIMIT: Final = 20
"""Ids of each kind that `found` looks up at once."""
_SLOTS: Final = [f"id{n}" for n in range(FOUND_LIMIT)]
_CASES_FOUND = select(CaseRow.id, CaseRow.body, CaseRow.language, CaseRow.industry, CaseRow.category).where(
    CaseRow.id.in_([bindparam(slot) for slot in _SLOTS])
)
_PASSAGES_FOUND = (
    select(PassageRow.id, PassageRow.position, PassageRow.text, ArticleRow.body)
    .join(ArticleRow, ArticleRow.id == PassageRow.article_id)
    .where(PassageRow.id.in_([bindparam(f"passage_{slot}") for slot in _SLOTS]))
)


class KnowledgeStore:
    """Cases and articles of every tenant."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._look = sessions.prepare(_CASES_FOUND, _PASSAGES_FOUND)

    # ---- cases

    def put_cases(self, tenant: str, cases: Sequence[Case]) -> Written:
        """Insert or replace cases by id, all or none; what is already there unchanged stays untouched."""
        rows = {case.id: case_row(case) for case in cases}
        with self._sessions.write(tenant, ordered=True) as session:
            known = _fingerprints(session, CaseRow, list(rows))
            new, changed = _sort_out(rows, known)
            if new:
                session.execute(insert(CaseRow), new)
            if changed:
                session.execute(update(CaseRow), changed)
            _log(session, "case", "upsert", [row["id"] for row in (*new, *changed)])
        return Written(len(new), len(changed), len(rows) - len(new) - len(changed))

    def delete_case(self, tenant: str, case_id: str) -> bool:
        """Forget a case; False where there was none."""
        with self._sessions.write(tenant, ordered=True) as session:
            found = bool(_rowcount(session.execute(delete(CaseRow).where(CaseRow.id == case_id))))
            if found:
                _log(session, "case", "delete", [case_id])
        return found

    def cases(self, tenant: str, ids: Sequence[str]) -> dict[str, Case]:
        """The cases among `ids` that exist."""
        found: dict[str, Case] = {}
        with self._sessions.read(tenant) as session:
            for some in _chunks(ids):
                for body in session.scalars(select(CaseRow.body).where(CaseRow.id.in_(some))):
                    case = Case.model_validate_json(body)
                    found[case.id] = case
        return found

    def page_of_cases(
        self, tenant: str, *, after: str = "", limit: int = 50, category: str | None = None
    ) -> list[Case]:
        """Cases in the order of their ids, those after `after`."""
        query = select(CaseRow.body).where(CaseRow.id > after).order_by(CaseRow.id).limit(limit)
        if category is not None:
            query = query.where(CaseRow.category == category)
        with self._sessions.read(tenant) as session:
            return [Case.model_validate_json(body) for body in session.scalars(query)]

    def every_case(self, tenant: str) -> Iterator[Case]:
        """All cases in the order of their ids, read in pages: memory stays bounded."""
        after = ""
        while page := self.page_of_cases(tenant, after=after, limit=IN_LIMIT):
            yield from page
            after = page[-1].id

    # ---- articles

    def put_articles(self, tenant: str, articles: Sequence[Article]) -> Written:
        """Insert or replace articles by id with their passages, all or none."""
        by_id = {article.id: article for article in articles}
        rows = {article.id: article_row(article) for article in by_id.values()}
        with self._sessions.write(tenant, ordered=True) as session:
            known = _fingerprints(session, ArticleRow, list(rows))
            new, changed = _sort_out(rows, known)
            if new:
                session.execute(insert(ArticleRow), new)
            if changed:
                session.execute(update(ArticleRow), changed)
            for row in changed:
                _drop_passages(session, row["id"])
            passages = [passage for row in (*new, *changed) for passage in by_id[row["id"]].passages()]
            if passages:
                session.execute(insert(PassageRow), [passage_row(passage) for passage in passages])
            _log(session, "passage", "upsert", [passage.id for passage in passages])
        return Written(len(new), len(changed), len(rows) - len(new) - len(changed))

    def delete_article(self, tenant: str, article_id: str) -> bool:
        """Forget an article and its passages; False where there was none."""
        with self._sessions.write(tenant, ordered=True) as session:
            found = bool(_rowcount(session.execute(delete(ArticleRow).where(ArticleRow.id == article_id))))
            if found:
                _drop_passages(session, article_id)
        return found

    def articles(self, tenant: str, ids: Sequence[str]) -> dict[str, Article]:
        """The articles among `ids` that exist."""
        found: dict[str, Article] = {}
        with self._sessions.read(tenant) as session:
            for some in _chunks(ids):
                for body in session.scalars(select(ArticleRow.body).where(ArticleRow.id.in_(some))):
                    article = Article.model_validate_json(body)
                    found[article.id] = article
        return found

    def page_of_articles(self, tenant: str, *, after: str = "", limit: int = 50) -> list[Article]:
        """Articles in the order of their ids, those after `after`."""
        query = select(ArticleRow.body).where(ArticleRow.id > after).order_by(ArticleRow.id).limit(limit)
        with self._sessions.read(tenant) as session:
            return [Article.model_validate_json(body) for body in session.scalars(query)]

    def every_article(self, tenant: str) -> Iterator[Article]:
        """All articles in the order of their ids, read in pages."""
        after = ""
        while page := self.page_of_articles(tenant, after=after, limit=IN_LIMIT):
            yield from page
            after = page[-1].id

    def passages(self, tenant: str, ids: Sequence[str]) -> dict[str, Passage]:
        """The passages among `ids` that exist."""
        found: dict[str, Passage] = {}
        with self._sessions.read(tenant) as session:
            for some in _chunks(ids):
                query = select(
                    PassageRow.id, PassageRow.article_id, PassageRow.position, PassageRow.text
                ).where(PassageRow.id.in_(some))
                for passage_id, article_id, position, text in session.execute(query):
                    found[passage_id] = Passage(passage_id, article_id, position, text)
        return found

    def found(self, tenant: str, case_ids: Sequence[str], passage_ids: Sequence[str]) -> Found:
        """What search found, in one look: the first FOUND_LIMIT ids of each kind."""
        none = [""] * FOUND_LIMIT  # no item has an empty id
        wanted = dict(zip(_SLOTS, [*case_ids, *none], strict=False))
        wanted |= {f"passage_{slot}": i for slot, i in zip(_SLOTS, [*passage_ids, *none], strict=False)}
        cases, passages = self._look(tenant, wanted)
        return Found({row[0]: row for row in cases}, {row[0]: row for row in passages})

    def passages_about(self, tenant: str) -> dict[str, About]:
        """What every passage of the tenant is about, by its id; those about the same share one object."""
        articles = select(ArticleRow.id, ArticleRow.language, ArticleRow.industry, ArticleRow.categories)
        one: dict[About, About] = {}
        with self._sessions.read(tenant) as session:
            about: dict[str, About] = {}
            for i, language, industry, codes in session.execute(articles):
                own = About(language, industry, tuple(codes.split()))
                about[i] = one.setdefault(own, own)
            passages = session.execute(select(PassageRow.id, PassageRow.article_id))
            return {i: about[article] for i, article in passages if article in about}

    def superseded(self, tenant: str, day: date) -> frozenset[str]:
        """Ids of the articles that do not hold on `day`: ended, not begun, or replaced by one that holds."""
        query = select(ArticleRow.id, ArticleRow.supersedes, ArticleRow.valid_from, ArticleRow.valid_to)
        with self._sessions.read(tenant) as session:
            rows = session.execute(query).all()
        out = {i for i, _, begins, ends in rows if (begins and begins > day) or (ends and ends < day)}
        before = {i: old for i, old, _, _ in rows}
        replaced: set[str] = set()
        for i in before.keys() - out:  # what holds replaces all its predecessors, the ended ones' too
            old = before[i]
            while old is not None and old not in replaced:
                replaced.add(old)
                old = before.get(old)
        return frozenset(out | replaced)

    # ---- the change log

    def changes_after(self, seq: int, limit: int) -> list[Change]:
        """The next entries of the change log, over all tenants, in order."""
        query = (
            select(ChangeRow.seq, ChangeRow.tenant, ChangeRow.kind, ChangeRow.item_id, ChangeRow.operation)
            .where(ChangeRow.seq > seq)
            .order_by(ChangeRow.seq)
            .limit(limit)
        )
        with self._sessions.read_every_tenant() as session:
            return [Change(*row) for row in session.execute(query)]

    def last_change(self) -> int:
        """Number of the newest entry of the change log; 0 where there is none."""
        with self._sessions.read_every_tenant() as session:
            return session.scalar(select(func.max(ChangeRow.seq))) or 0

    def texts(self, tenant: str, kind: ItemKind, ids: Sequence[str]) -> dict[str, str]:
        """What the indexes read of each item that still exists: id to text."""
        if kind == "passage":
            passages = self.passages(tenant, ids)
            titles = self.articles(tenant, list({p.article_id for p in passages.values()}))
            return {
                i: f"{titles[p.article_id].title}\n{p.text}"
                for i, p in passages.items()
                if p.article_id in titles
            }
        found: dict[str, str] = {}
        with self._sessions.read(tenant) as session:
            for some in _chunks(ids):
                for i, body in session.execute(select(CaseRow.id, CaseRow.body).where(CaseRow.id.in_(some))):
                    case = json.loads(body)  # validated when it was stored; defaults are left out
                    cause = case.get("root_cause", {}).get("text", "")
                    found[i] = searchable(case["text"], cause, case.get("resolution", ""))
        return found

    def every_item(self, page: int) -> Iterator[tuple[str, ItemKind, list[str]]]:
        """All that must be in the index: (tenant, kind, ids), at most `page` ids at a time."""
        with self._sessions.read_every_tenant() as session:
            tenants = {*session.scalars(select(CaseRow.tenant).distinct())}
            tenants |= {*session.scalars(select(PassageRow.tenant).distinct())}
        kinds: tuple[tuple[ItemKind, type[CaseRow | PassageRow]], ...] = (
            ("case", CaseRow),
            ("passage", PassageRow),
        )
        for tenant in sorted(tenants):
            for kind, row in kinds:
                after = ""
                while ids := self._page_of_ids(tenant, row, after, page):
                    yield tenant, kind, ids
                    after = ids[-1]

    def _page_of_ids(self, tenant: str, row: type[CaseRow | PassageRow], after: str, limit: int) -> list[str]:
        with self._sessions.read(tenant) as session:
            return list(session.scalars(select(row.id).where(row.id > after).order_by(row.id).limit(limit)))

    def count(self, tenant: str) -> dict[str, int]:
        """How many cases, articles and passages the tenant has."""
        with self._sessions.read(tenant) as session:
            return {
                name: session.scalar(select(func.count()).select_from(row)) or 0
                for name, row in (("cases", CaseRow), ("articles", ArticleRow), ("passages", PassageRow))
            }


@lru_cache(maxsize=512)
def _article(body: str) -> Article:
    """An article read once, however many of its passages are found."""
    return Article.model_validate_json(body)


def _fingerprints(session: Session, row: type[CaseRow | ArticleRow], ids: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for some in _chunks(ids):
        for i, mark in session.execute(select(row.id, row.fingerprint).where(row.id.in_(some))):
            found[i] = mark
    return found


def _sort_out(
    rows: dict[str, dict[str, Any]], known: dict[str, str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows that are new, and rows whose content differs from what is known."""
    new = [row for i, row in rows.items() if i not in known]
    changed = [row for i, row in rows.items() if i in known and known[i] != row["fingerprint"]]
    return new, changed


def _drop_passages(session: Session, article_id: str) -> None:
    ids = list(session.scalars(select(PassageRow.id).where(PassageRow.article_id == article_id)))
    session.execute(delete(PassageRow).where(PassageRow.article_id == article_id))
    _log(session, "passage", "delete", ids)


def _log(session: Session, kind: ItemKind, operation: Operation, ids: Iterable[str]) -> None:
    now = datetime.now(UTC)
    entries = [{"kind": kind, "item_id": i, "operation": operation, "at": now} for i in ids]
    if entries:
        session.execute(insert(ChangeRow), entries)


def _rowcount(result: Any) -> int:
    return int(result.rowcount)


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), IN_LIMIT):
        yield ids[start : start + IN_LIMIT]
