"""Words in tantivy: BM25 over segmented Chinese and stemmed English. The only door to tantivy.

One index per tenant and kind, so that no tenant's words weigh in another's scores. It stores ids; the words
are searchable, not readable, and come from redacted text.
"""

import hashlib
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import tantivy

from knowledge.words import STOP_WORDS, recent_words

TIES: Final = 8
"""Items fetched beyond the cut, to see whether a tie crosses it."""
QUERY_TERMS: Final = 16
"""The rarest words of a query that are searched: the common rest costs time and changes little."""
KNOWN_TERMS: Final = 50_000
"""Terms of one index whose frequency is remembered."""
KNOWN_IDS: Final = 50_000
"""Items of one index whose id is remembered."""
WRITER_BYTES: Final = 32_000_000
MOST_WRITERS: Final = 16
"""Indexes written at a time: each holds files and threads open until it is committed."""
_ANALYSER: Final = "redress"


@dataclass(frozen=True, slots=True)
class _Writing:
    """An index that is being written."""

    writer: tantivy.IndexWriter
    pending: dict[str, str | None]
    """Key of every item added since the last commit, None for one forgotten."""


@dataclass(frozen=True, slots=True)
class _Reader:
    """An index as it was last written, and what was looked up in it since: an id has its place there only."""

    searcher: tantivy.Searcher
    frequency: dict[str, int] = field(default_factory=dict[str, int])
    """In how many items a term occurs."""
    ids: dict[tuple[int, int], str] = field(default_factory=dict[tuple[int, int], str])
    """By segment and place in it."""


class Words:
    """The words of every tenant, in one directory that this process owns."""

    def __init__(self, path: Path) -> None:
        self._path: Final = path
        self._open: dict[tuple[str, str], tantivy.Index] = {}
        self._opening = threading.Lock()
        self._readers: dict[tuple[str, str], _Reader] = {}
        self._analyser = _analyser()
        self._writing: dict[tuple[str, str], _Writing] = {}

    def apply(self, tenant: str, kind: str, found: Mapping[str, str], deleted: Sequence[str]) -> None:
        """Write words (id to `joined` words) and forget `deleted`, at once and on disk."""
        self.add(tenant, kind, found, deleted)
        self.commit()

    def add(self, tenant: str, kind: str, found: Mapping[str, str], deleted: Sequence[str]) -> None:
        """The same, seen by nobody and not safe on disk until `commit`; many indexes bring it on."""
        index = self._index(tenant, kind)
        open_ = self._writing.get((tenant, kind))
        if open_ is None:
            if len(self._writing) >= MOST_WRITERS:
                self.commit()
            open_ = self._writing[tenant, kind] = _Writing(index.writer(WRITER_BYTES, 1), {})
        writer, pending = open_.writer, open_.pending
        searcher = index.searcher()
        keys = {i: f"{i}:{hashlib.sha256(text.encode()).hexdigest()[:16]}" for i, text in found.items()}
        # what is there already is left alone: writing it again after a crash would leave a deleted twin
        # behind, which counts in the document frequencies until segments merge
        news = {
            i: key
            for i, key in keys.items()
            if (pending[i] != key if i in pending else not _holds(searcher, index.schema, key))
        }
        for i in (*news, *deleted):
            writer.delete_documents_by_term("id", i)
        for i, key in news.items():
            document = tantivy.Document()
            document.add_text("id", i)
            document.add_text("key", key)
            document.add_text("words", found[i])
            writer.add_document(document)
        pending.update(news)
        pending.update(dict.fromkeys(deleted))

    def commit(self) -> None:
        """Make what was added since the last commit safe on disk, and let it be found."""
        while self._writing:
            (tenant, kind), open_ = self._writing.popitem()
            open_.writer.commit()
            open_.writer.wait_merging_threads()
            index = self._index(tenant, kind)
            index.reload()
            self._readers[tenant, kind] = _Reader(index.searcher())

    def discard(self) -> None:
        """Forget what was added since the last commit."""
        while self._writing:
            _, open_ = self._writing.popitem()
            open_.writer.rollback()
            open_.writer.wait_merging_threads()

    def nearest(self, tenant: str, kind: str, text: str, limit: int) -> list[tuple[str, float]]:
        """The `limit` best ids with their BM25 score (above 0, no upper bound), best first."""
        index = self._existing(tenant, kind)
        terms = list(dict.fromkeys(self._analyser.analyze(joined(text))))
        if index is None or not terms or limit < 1:
            return []
        reader = self._readers[tenant, kind]
        searcher = reader.searcher
        frequency = _frequencies(searcher, reader.frequency, terms)
        rare = sorted((term for term in terms if frequency[term]), key=frequency.__getitem__)[:QUERY_TERMS]
        if not rare:
            return []
        schema = index.schema
        query = tantivy.Query.boolean_query(
            [(tantivy.Occur.Should, tantivy.Query.term_query(schema, "words", term)) for term in rare]
        )
        depth = limit + TIES
        found = _ranked(searcher, query, depth, reader.ids)
        # equal scores come in the order of segments, which a rebuild changes: look until the tie at the cut
        # is whole, and let ids decide
        while len(found) == depth and found[-1][1] == found[limit - 1][1]:
            depth *= 2
            found = _ranked(searcher, query, depth, reader.ids)
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))[:limit]

    def count(self, tenant: str, kind: str) -> int:
        """How many items the tenant has of that kind."""
        index = self._existing(tenant, kind)
        return 0 if index is None else index.searcher().num_docs

    def close(self) -> None:
        """Release the directory; what was not committed is lost."""
        self.discard()
        self._open.clear()
        self._readers.clear()

    def _folder(self, tenant: str, kind: str) -> Path:
        return self._path / f"{kind}-{hashlib.sha256(tenant.encode()).hexdigest()[:32]}"

    def _existing(self, tenant: str, kind: str) -> tantivy.Index | None:
        if known := self._open.get((tenant, kind)):
            return known
        folder = self._folder(tenant, kind)
        return self._index(tenant, kind) if folder.is_dir() and tantivy.Index.exists(str(folder)) else None

    def _index(self, tenant: str, kind: str) -> tantivy.Index:
        # one opener at a time: a second instance would not see what the first one's writer commits
        with self._opening:
            if known := self._open.get((tenant, kind)):
                return known
            folder = self._folder(tenant, kind)
            folder.mkdir(parents=True, exist_ok=True)
            index = tantivy.Index(_schema(), str(folder), reuse=True)
            index.register_tokenizer(_ANALYSER, self._analyser)
            index.config_reader("manual")
            index.reload()
            self._readers[tenant, kind] = _Reader(index.searcher())
            self._open[tenant, kind] = index
            return index


def _holds(searcher: tantivy.Searcher, schema: tantivy.Schema, key: str) -> bool:
    """Whether a key is there. The frequency alone would count deleted items until their segments merge."""
    if not searcher.doc_freq("key", key):
        return False
    return bool(searcher.search(tantivy.Query.term_query(schema, "key", key), 1, count=False).hits)


def _frequencies(searcher: tantivy.Searcher, known: dict[str, int], terms: Sequence[str]) -> dict[str, int]:
    """In how many items each term occurs; looked up once as long as nothing is written."""
    found = {term: n for term in terms if (n := known.get(term)) is not None}
    if len(found) < len(terms):
        found |= {term: searcher.doc_freq("words", term) for term in terms if term not in found}
        if len(known) < KNOWN_TERMS:
            known.update(found)
    return found


def joined(text: str) -> str:
    """The words of a text as the index takes them."""
    return " ".join(recent_words(text))


def _ranked(
    searcher: tantivy.Searcher, query: tantivy.Query, depth: int, known: dict[tuple[int, int], str]
) -> list[tuple[str, float]]:
    found: list[tuple[str, float]] = []
    for score, address in searcher.search(query, depth, count=False).hits:
        place = (address.segment_ord, address.doc)
        i = known.get(place)
        if i is None:
            i = str(searcher.doc(address).get_first("id"))
            if len(known) < KNOWN_IDS:
                known[place] = i
        found.append((i, float(score)))
    return found


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("key", stored=False, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("words", stored=False, tokenizer_name=_ANALYSER, index_option="freq")
    return builder.build()


def _analyser() -> tantivy.TextAnalyzer:
    """Over words already segmented and joined by spaces."""
    return (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace())
        .filter(tantivy.Filter.remove_long(80))
        .filter(tantivy.Filter.custom_stopword(sorted(STOP_WORDS)))
        .filter(tantivy.Filter.stemmer("english"))
        .build()
    )
