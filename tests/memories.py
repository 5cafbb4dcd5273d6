"""A memory with a few cases and articles of our own making, for tests of index and search."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bot.database import Database
from knowledge.article import Article
from knowledge.case import Case
from knowledge.embedding import DocumentFrequency, Embedder, LexicalEmbedder
from knowledge.index import Index
from knowledge.search import Search
from knowledge.store import KnowledgeStore

TODAY = date(2026, 11, 22)

_ANNUAL_FEE = "Charged an annual fee I was told would be waived"
CASES = (
    Case(id="zh-1", language="zh", text="信用卡年费说好免收，结账时又扣了三百块", policy="p-new"),
    Case(id="zh-2", language="zh", text="宽带坏了四天没人上门修，打电话一直排队", category="delay"),
    Case(id="zh-3", language="zh", text="退款申请半个月了，钱还没有到账", outcome="upheld"),
    Case(id="zh-4", language="zh", text="客服说话阴阳怪气，还挂我电话", category="service_attitude"),
    Case(id="en-1", language="en", text=_ANNUAL_FEE, category="fees_pricing", policy="p-old"),
    Case(id="en-2", language="en", text="The broadband engineer never turned up, four days offline"),
    Case(id="en-3", language="en", text="My refund has not arrived after two weeks", outcome="upheld"),
    Case(id="en-4", language="en", text="The agent was rude and hung up on me"),
)
ARTICLES = (
    Article(
        id="p-old",
        language="en",
        title="Card fees",
        version="2025",
        valid_to=date(2025, 12, 31),
        text="The annual card fee is 20 pounds.\n\nA waiver lasts one year.",
    ),
    Article(
        id="p-new",
        language="en",
        title="Card fees",
        version="2026",
        valid_from=date(2026, 1, 1),
        supersedes="p-old",
        text="The annual card fee is 25 pounds.\n\nA waiver lasts for two years.",
    ),
    Article(
        id="p-zh",
        language="zh",
        title="退款时限",
        text="退款应当在七个工作日内到账。\n\n超过时限的，按日补偿。",
    ),
)


@dataclass(frozen=True, slots=True)
class Memory:
    """The parts of knowledge, wired."""

    store: KnowledgeStore
    index: Index
    search: Search
    embedder: Embedder


def small_embedder(rarity: int = 0) -> LexicalEmbedder:
    """A lexical embedder that learned from the texts above; another `rarity` makes another revision."""
    texts = [*(case.text for case in CASES), *(article.text for article in ARTICLES)]
    return LexicalEmbedder(DocumentFrequency.learn(texts * 2 + ["x"] * rarity))


@contextmanager
def memory(database: Database, folder: Path, embedder: Embedder | None = None) -> Generator[Memory]:
    """An open, empty memory; its index does not apply changes by itself."""
    store, chosen = KnowledgeStore(database), embedder or small_embedder()
    index = Index(folder, store, chosen)
    index.open()
    try:
        yield Memory(store, index, Search(store, index, chosen), chosen)
    finally:
        index.close()
