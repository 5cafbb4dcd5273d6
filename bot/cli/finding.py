"""Search from the command line: in this process, or by asking the service that owns the index."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.access import TenantSettings
from bot.cli.beside import service_that_owns
from bot.cli.console import Stopped
from bot.matches import case_card, passage_card
from bot.models import reranker
from bot.settings import Settings
from bot.wiring import StoreParts, redact_text
from knowledge.embedding import load_embedder
from knowledge.errors import IndexLocked
from knowledge.index import Index
from knowledge.search import CaseFilter, PassageFilter, Search


def find(stored: StoreParts, tenant: str, wanted: dict[str, Any]) -> dict[str, Any]:
    """The answer of POST /v1/search to `wanted`, given here.

    Raises:
        IndexLocked: another process owns the index.
    """
    embedder = load_embedder(stored.settings.embedder_source())
    index = Index(stored.settings.index_folder, stored.knowledge, embedder)
    index.open()
    try:
        index.catch_up()
        search = Search(stored.knowledge, index, embedder, reranker(stored.settings))
        zone = (stored.tenants.settings(tenant) or TenantSettings()).timezone
        today = datetime.now(UTC).astimezone(ZoneInfo(zone)).date()
        question = search.question(tenant, redact_text(wanted["query"]), today)
        cases = CaseFilter(language=wanted["language"], category=wanted["category"])
        passages = PassageFilter(language=wanted["language"])
        answer: dict[str, Any] = {"cases": [], "passages": []}
        if "cases" in wanted["kinds"]:
            found = search.cases(question, wanted["limit"], cases)
            answer["cases"] = [case_card(match, question.text).model_dump(mode="json") for match in found]
        if "passages" in wanted["kinds"]:
            pieces = search.passages(question, wanted["limit"], passages)
            answer["passages"] = [
                passage_card(match, question.text).model_dump(mode="json") for match in pieces
            ]
        return answer
    finally:
        index.close()


def ask(settings: Settings, tenant: str, wanted: dict[str, Any], locked: IndexLocked) -> dict[str, Any]:
    """The answer of the running service.

    Raises:
        IndexLocked: no service answers; another command works on the index.
        Stopped: the service refuses.
    """
    service = service_that_owns(settings, tenant, locked)
    try:
        answer = service.search({name: value for name, value in wanted.items() if value is not None})
    finally:
        service.close()
    if "status" in answer:
        raise Stopped(str(answer.get("detail") or answer.get("title")))
    return answer
