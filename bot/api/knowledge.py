"""Cases, articles and search: for those who keep the memory good."""

from datetime import UTC, date, datetime
from typing import Annotated, Literal

from anyio import to_thread
from litestar import Controller, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from pydantic import Field

from bot.api.requests import JsonRequest, needs
from bot.errors import InvalidRequest, NotFound
from bot.matches import case_card, passage_card
from bot.privacy.redaction import redact
from bot.suggestion import CaseCard, PassageCard
from knowledge.article import Article
from knowledge.case import Case, CaseOutcome, Language, Owned
from knowledge.index import Index
from knowledge.search import CaseFilter, PassageFilter, Search
from knowledge.store import KnowledgeStore, Written
from knowledge.taxonomy import Taxonomy

MAX_ITEMS = 500
"""Cases or articles in one request."""

Limit = Annotated[int, QueryParameter(ge=1, le=MAX_ITEMS)]
After = Annotated[str, QueryParameter(description="Id of the last item of the page before.")]


class WrittenOut(Owned):
    """What a write did, in items."""

    new: int
    changed: int
    unchanged: int


class CasePage(Owned):
    """Cases in the order of their ids."""

    cases: tuple[Case, ...]
    next: str | None
    """Send it as `after` for the next page; None at the end."""


class ArticlePage(Owned):
    """Articles in the order of their ids."""

    articles: tuple[Article, ...]
    next: str | None


class CasesIn(Owned):
    """Cases to store."""

    cases: Annotated[tuple[Case, ...], Field(min_length=1, max_length=MAX_ITEMS)]


class ArticlesIn(Owned):
    """Articles to store."""

    articles: Annotated[tuple[Article, ...], Field(min_length=1, max_length=MAX_ITEMS)]


class SearchIn(Owned):
    """What to look for."""

    query: Annotated[str, Field(min_length=1, max_length=20_000)]
    kinds: tuple[Literal["cases", "passages"], ...] = ("cases", "passages")
    limit: Annotated[int, Field(ge=1, le=50)] = 5
    language: Language | None = None
    category: str | None = None
    industry: str | None = None
    outcome: CaseOutcome | None = None
    closed_since: date | None = None
    in_force_only: bool = False


class SearchOut(Owned):
    """What was found, best first."""

    cases: tuple[CaseCard, ...]
    passages: tuple[PassageCard, ...]


class Cases(Controller):
    """Past cases."""

    path = "/v1/cases"
    tags = ["knowledge"]
    guards = [needs("curator")]

    @get("/", sync_to_thread=True)
    def page(
        self,
        request: JsonRequest,
        knowledge: NamedDependency[KnowledgeStore],
        after: After = "",
        limit: Limit = 50,
        category: Annotated[str | None, QueryParameter()] = None,
    ) -> CasePage:
        """A page of cases."""
        found = knowledge.page_of_cases(request.auth.tenant, after=after, limit=limit, category=category)
        return CasePage(cases=tuple(found), next=found[-1].id if len(found) == limit else None)

    @post("/", sync_to_thread=True, status_code=200)
    def put_many(
        self,
        request: JsonRequest,
        data: JSONBody[CasesIn],
        knowledge: NamedDependency[KnowledgeStore],
        index: NamedDependency[Index],
        taxonomy: NamedDependency[Taxonomy],
    ) -> WrittenOut:
        """Insert or replace cases by id. Their text is redacted before it is stored."""
        accepted = [_accepted(case, taxonomy) for case in data.cases]
        written = knowledge.put_cases(request.auth.tenant, accepted)
        index.wake()
        return _written(written)

    @get("/{case_id:str}", sync_to_thread=True)
    def case(
        self, request: JsonRequest, case_id: FromPath[str], knowledge: NamedDependency[KnowledgeStore]
    ) -> Case:
        """One case."""
        found = knowledge.cases(request.auth.tenant, [case_id])
        if case_id not in found:
            raise NotFound(f"no case {case_id!r}")
        return found[case_id]

    @put("/{case_id:str}", sync_to_thread=True)
    def put_one(
        self,
        request: JsonRequest,
        case_id: FromPath[str],
        data: JSONBody[Case],
        knowledge: NamedDependency[KnowledgeStore],
        index: NamedDependency[Index],
        taxonomy: NamedDependency[Taxonomy],
    ) -> WrittenOut:
        """Insert or replace one case."""
        _same_id(case_id, data.id)
        written = knowledge.put_cases(request.auth.tenant, [_accepted(data, taxonomy)])
        index.wake()
        return _written(written)

    @delete("/{case_id:str}", sync_to_thread=True)
    def forget(
        self,
        request: JsonRequest,
        case_id: FromPath[str],
        knowledge: NamedDependency[KnowledgeStore],
        index: NamedDependency[Index],
    ) -> None:
        """Forget a case."""
        if not knowledge.delete_case(request.auth.tenant, case_id):
            raise NotFound(f"no case {case_id!r}")
        index.wake()


class Articles(Controller):
    """Policies, procedures, fee schedules, guides."""

    path = "/v1/articles"
    tags = ["knowledge"]
    guards = [needs("curator")]

    @get("/", sync_to_thread=True)
    def page(
        self,
        request: JsonRequest,
        knowledge: NamedDependency[KnowledgeStore],
        after: After = "",
        limit: Limit = 50,
    ) -> ArticlePage:
        """A page of articles."""
        found = knowledge.page_of_articles(request.auth.tenant, after=after, limit=limit)
        return ArticlePage(articles=tuple(found), next=found[-1].id if len(found) == limit else None)

    @post("/", sync_to_thread=True, status_code=200)
    def put_many(
        self,
        request: JsonRequest,
        data: JSONBody[ArticlesIn],
        knowledge: NamedDependency[KnowledgeStore],
        index: NamedDependency[Index],
    ) -> WrittenOut:
        """Insert or replace articles by id."""
        written = knowledge.put_articles(request.auth.tenant, data.articles)
        index.wake()
        return _written(written)

    @get("/{article_id:str}", sync_to_thread=True)
    def article(
        self, request: JsonRequest, article_id: FromPath[str], knowledge: NamedDependency[KnowledgeStore]
    ) -> Article:
        """One article."""
        found = knowledge.articles(request.auth.tenant, [article_id])
        if article_id not in found:
            raise NotFound(f"no article {article_id!r}")
        return found[article_id]

    @put("/{article_id:str}", sync_to_thread=True)
    def put_one(
        self,
        request: JsonRequest,
        article_id: FromPath[str],
        data: JSONBody[Article],
        knowledge: NamedDependency[KnowledgeStore],
        index: NamedDependency[Index],
    ) -> WrittenOut:
        """Insert or replace one article."""
        _same_id(article_id, data.id)
        written = knowledge.put_articles(request.auth.tenant, [data])
        index.wake()
        return _written(written)

    @delete("/{article_id:str}", sync_to_thread=True)
    def forget(
        self,
        request: JsonRequest,
        article_id: FromPath[str],
        knowledge: NamedDependency[KnowledgeStore],
        index: NamedDependency[Index],
    ) -> None:
        """Forget an article and its passages."""
        if not knowledge.delete_article(request.auth.tenant, article_id):
            raise NotFound(f"no article {article_id!r}")
        index.wake()


class Searching(Controller):
    """Search over cases and passages."""

    path = "/v1/search"
    tags = ["knowledge"]
    guards = [needs("agent")]

    @post("/", status_code=200)
    async def search(
        self, request: JsonRequest, data: JSONBody[SearchIn], search: NamedDependency[Search]
    ) -> SearchOut:
        """Similar cases and passages that bear on the query."""
        return await to_thread.run_sync(found, search, request.auth.tenant, data)


def found(search: Search, tenant: str, data: SearchIn) -> SearchOut:
    """The answer to a search; the query is redacted like any text before it is embedded."""
    question = search.question(tenant, redact(data.query).text, datetime.now(UTC).date())
    where = CaseFilter(data.language, data.category, data.industry, data.outcome, data.closed_since)
    cases = search.cases(question, data.limit, where) if "cases" in data.kinds else []
    passages = (
        search.passages(question, data.limit, PassageFilter(data.language, data.in_force_only))
        if "passages" in data.kinds
        else []
    )
    return SearchOut(
        cases=tuple(case_card(match, question.text) for match in cases),
        passages=tuple(passage_card(match, question.text) for match in passages),
    )


def redacted(case: Case) -> Case:
    """The case without personal data in its words."""
    return case.model_copy(
        update={
            "text": redact(case.text).text,
            "resolution": redact(case.resolution).text,
            "root_cause": case.root_cause.model_copy(update={"text": redact(case.root_cause.text).text}),
            "needs": tuple(need.model_copy(update={"text": redact(need.text).text}) for need in case.needs),
        }
    )


def _accepted(case: Case, taxonomy: Taxonomy) -> Case:
    """The case as it is stored: its category known, its words redacted."""
    if case.category is not None:
        taxonomy.category(case.category)
    return redacted(case)


def _same_id(in_path: str, in_body: str) -> None:
    if in_path != in_body:
        raise InvalidRequest("the id in the path and the id in the body differ: make them the same")


def _written(written: Written) -> WrittenOut:
    return WrittenOut(new=written.new, changed=written.changed, unchanged=written.unchanged)
