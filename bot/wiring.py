"""Builds everything, by plain constructor calls. Nothing else knows how the parts fit together."""

import logging
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from threadpoolctl import threadpool_limits

from bot.access import Tenants
from bot.clocks.rules import Clocks
from bot.database import Database
from bot.deadlines import Deadlines
from bot.desk import Desk
from bot.draft.chat import Chat, Writer
from bot.draft.composer import Composer
from bot.draft.costs import Prices
from bot.draft.drafter import Drafter
from bot.draft.local_model import LocalModel
from bot.errors import InvalidSettings, StorageUnavailable
from bot.handover import Handovers
from bot.models import category_model, own_readers, reranker, with_labels
from bot.notes import NoteKeeper, RedactedVectors
from bot.privacy.redaction import redact
from bot.profile import Recogniser
from bot.promises import Promises
from bot.replies import Replies
from bot.settings import Settings
from bot.store import DeskStore
from bot.triage.learned import shipped_judge
from bot.triage.triage import Triager
from knowledge.embedding import Embedder, load_embedder
from knowledge.errors import IndexLocked
from knowledge.index import Index, Progress
from knowledge.prediction import Classifier
from knowledge.search import Search
from knowledge.store import KnowledgeStore
from knowledge.taxonomy import Taxonomy
from profiles.duplicate_book import DuplicateBook
from profiles.grouping import Groupings
from profiles.histories import Histories
from profiles.people import People
from profiles.person import Persons
from profiles.recording import Recorder
from profiles.risk_judge import RiskJudges
from profiles.store import ProfileStore

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StoreParts:
    """What commands need that only read or write SQL."""

    settings: Settings
    database: Database
    store: DeskStore
    tenants: Tenants
    knowledge: KnowledgeStore
    profiles: ProfileStore
    histories: Histories
    people: People
    recorder: Recorder
    persons: Persons
    groupings: Groupings
    risks: RiskJudges
    duplicates: DuplicateBook
    deadlines: Deadlines
    promises: Promises


@dataclass(frozen=True, slots=True)
class Parts(StoreParts):
    """Everything, with models loaded and the index open."""

    embedder: Embedder
    taxonomy: Taxonomy
    index: Index
    search: Search
    chat: Writer | None
    models: dict[str, str]
    """Name and revision of every model that has a part."""
    notes: NoteKeeper
    desk: Desk
    replies: Replies
    handovers: Handovers


def redact_text(text: str) -> str:
    """The text without personal data, as imports store it."""
    return redact(text).text


@contextmanager
def open_store(settings: Settings) -> Generator[StoreParts]:
    """The database, with its schema up to date.

    Raises:
        StorageUnavailable: the home folder or the database cannot be opened.
        InvalidSettings: the database URL is none.
    """
    try:
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StorageUnavailable(
            f"cannot make the folder {settings.home}: {error.strerror}; set REDRESS_HOME to one you may write"
        ) from error
    url = settings.database_url.get_secret_value() if settings.database_url else settings.sqlite_url
    database = Database(url)
    try:
        database.migrate()
        profiles, histories, people = ProfileStore(database), Histories(database), People(database)
        groupings = Groupings(settings.home / "segments")
        risks = RiskJudges(settings.home / "models" / "risks")
        store, tenants = DeskStore(database), Tenants(database)
        yield StoreParts(
            settings=settings,
            database=database,
            store=store,
            tenants=tenants,
            knowledge=KnowledgeStore(database),
            profiles=profiles,
            histories=histories,
            people=people,
            recorder=Recorder(database),
            persons=Persons(profiles, histories, people, groupings, risks),
            groupings=groupings,
            risks=risks,
            duplicates=DuplicateBook(database),
            deadlines=Deadlines(database, store, tenants, Clocks.shipped()),
            promises=Promises(database, store, profiles, histories),
        )
    finally:
        database.close()


@contextmanager
def open_parts(settings: Settings) -> Generator[Parts]:
    """Everything a complaint needs. This process owns the index directory until the block ends.

    Raises:
        IndexLocked: another process owns it.
        EmbedderMismatch: the index was built with another embedder.
        ModelUnavailable: a model cannot be loaded.
        StorageUnavailable, InvalidSettings: as for `open_store`.
    """
    # a complaint's products are small: threads of one product would only wait for those of another
    with open_store(settings) as stored, threadpool_limits(limits=1, user_api="blas"):
        embedder = load_embedder(settings.embedder_source())
        index = Index(settings.index_folder, stored.knowledge, embedder)
        index.open()
        try:
            notes = open_notes(stored, embedder)
            try:
                yield build(stored, embedder, index, notes)
            finally:
                notes.close()
        finally:
            index.close()


def open_notes(stored: StoreParts, embedder: Embedder) -> NoteKeeper:
    """The vectors of notes; only for the process that owns the index."""
    vectors = RedactedVectors(stored.settings.index_folder / "notes", embedder)
    return NoteKeeper(stored.database, stored.tenants, vectors)


def build(stored: StoreParts, embedder: Embedder, index: Index, notes: NoteKeeper) -> Parts:
    """The parts around a database and an index that are open."""
    settings = stored.settings
    head = category_model(settings, embedder)
    taxonomy = with_labels(head)
    reread = reranker(settings)
    search = Search(stored.knowledge, index, embedder, reread)
    chat = _chat(settings)
    triager = Triager(head, taxonomy, shipped_judge(own=own_readers(settings, embedder)))
    models = {**_models(settings, embedder, head), **triager.models}
    if reread is not None:
        models["reranker"] = reread.name
    prices = Prices(settings.llm_price_prompt, settings.llm_price_completion, settings.llm_currency)
    drafter = Drafter(Composer.shipped(), chat, settings.llm_seconds, prices)
    desk = Desk(
        store=stored.store,
        tenants=stored.tenants,
        triager=triager,
        search=search,
        recogniser=Recogniser(stored.profiles, stored.histories, stored.people, stored.risks, notes.vectors),
        clocks=Clocks.shipped(),
        deadlines=stored.deadlines,
        drafter=drafter,
        models=models,
        max_read_chars=settings.max_read_chars,
        threads=settings.threads,
    )
    return Parts(
        settings=settings,
        database=stored.database,
        store=stored.store,
        tenants=stored.tenants,
        knowledge=stored.knowledge,
        profiles=stored.profiles,
        histories=stored.histories,
        people=stored.people,
        recorder=stored.recorder,
        persons=stored.persons,
        groupings=stored.groupings,
        risks=stored.risks,
        duplicates=stored.duplicates,
        deadlines=stored.deadlines,
        promises=stored.promises,
        embedder=embedder,
        taxonomy=taxonomy,
        index=index,
        search=search,
        chat=chat,
        models=models,
        notes=notes,
        desk=desk,
        replies=Replies(desk, stored.store, drafter),
        handovers=Handovers(desk, stored.store, stored.promises, chat, settings.llm_seconds),
    )


def _models(settings: Settings, embedder: Embedder, head: Classifier) -> dict[str, str]:
    models = {"embedder": embedder.name, "categories": head.name}
    if settings.llm_url:
        models["draft"] = settings.llm_model or "(the server's own)"
    elif settings.llm_local:
        models["draft"] = settings.llm_local
    return models


def _chat(settings: Settings) -> Writer | None:
    if settings.llm_local is not None:
        if settings.llm_url is not None:
            raise InvalidSettings("give REDRESS_LLM_URL or REDRESS_LLM_LOCAL, not both")
        return LocalModel(settings.llm_local, seconds=settings.llm_seconds)
    if settings.llm_url is None:
        return None
    return Chat(
        settings.llm_url,
        settings.llm_model,
        settings.llm_key,
        seconds=settings.llm_seconds,
        concurrency=settings.llm_concurrency,
    )


def bring_index_up_to_date(stored: StoreParts, progress: Progress) -> bool:
    """Apply all changes to the index; False where the process that owns it does so by itself.

    Raises:
        EmbedderMismatch, IndexUnavailable: the index has to be rebuilt; nothing is lost meanwhile.
    """
    embedder = load_embedder(stored.settings.embedder_source())
    index = Index(stored.settings.index_folder, stored.knowledge, embedder)
    try:
        index.open()
    except IndexLocked:
        return False
    try:
        index.catch_up(progress)
        notes = open_notes(stored, embedder)
        try:
            notes.catch_up()
        finally:
            notes.close()
    finally:
        index.close()
    return True
