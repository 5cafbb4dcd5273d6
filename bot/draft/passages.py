"""Sentences of policies in force that bear on a complaint and can be quoted to the customer."""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Final

from bot.brief import Brief
from bot.draft.identifiers import looks_personal
from bot.draft.rubric import Rubric, rubric
from bot.draft.tone import tone_rules
from bot.suggestion import Citation
from knowledge.case import Language
from knowledge.match import PassageMatch

MOST: Final = 3
READ: Final = 2000
"""Characters of the complaint that are compared."""

_FORBIDDEN: Final = (
    "deflect", "blame", "cold", "labels", "liability", "absolute", "withdrawal", "threat", "internal",
    "others", "machine", "upsell",
)  # fmt: skip
_END: Final = {"zh": re.compile(r"(?<=[。！？])|\n"), "en": re.compile(r"(?<=[.!?])\s+|\n")}
_HAN_RUN: Final = re.compile("[一-鿿]+")
_WORD: Final = re.compile("[a-z]{3,}")
_COMMON_ZH: Final = frozenset(
    "的了我你您们是在不有就也都和与及或一个这那到给把被要会能可以上下来去说没为从对于人日月元天内后前客户"
)
_COMMON_EN: Final = frozenset((
    "your", "with", "that", "this", "from", "have", "will", "they", "when", "which", "customer",
    "customers", "after", "before", "there", "their", "been", "than", "then", "what", "were", "other",
    "more", "into", "only", "same", "each", "within", "does", "must", "company", "account", "days",
    "working", "where", "about", "also", "the", "and", "for", "are", "was", "not", "you", "our", "can",
    "may", "has", "had", "its", "one", "two", "who", "any", "all", "but", "out", "per", "day", "get",
    "got", "her", "his", "she", "him", "how", "why", "yes",
))  # fmt: skip


def usable(brief: Brief) -> Iterator[PassageMatch]:
    """The passages a reply may rest on: in force today and in the language of the reply."""
    for match in brief.passages:
        if (
            not match.superseded
            and match.article.in_force(brief.today)
            and match.article.language == brief.language
        ):
            yield match


def citations(brief: Brief) -> tuple[Citation, ...]:
    """The sentences that bear on the complaint most, best first, one of each passage; each verbatim."""
    terms = _terms(brief.text[:READ], brief.language)
    named = _terms(" ".join(fact.text for fact in brief.stated if fact.kind == "product"), brief.language)
    rules, least = rubric(brief.language), tone_rules().quote_similarity
    found: list[tuple[float, Citation]] = []
    for match in usable(brief):
        if match.similarity < least or not _on_topic(match, brief):
            continue
        shared = {
            sentence: count
            for sentence, words in _sentences(match.passage.text, brief.language)
            if (count := len(words & terms) + len(words & named))
            >= max(rules.shared, rules.share * len(words))
        }
        if shared:
            best = max(shared, key=lambda sentence: shared[sentence])
            found.append((match.similarity * shared[best], Citation(id=match.id, quote=best)))
    found.sort(key=lambda weighted: -weighted[0])
    return tuple(citation for _, citation in found[:MOST])


def _on_topic(match: PassageMatch, brief: Brief) -> bool:
    """Whether the article is about this category and this sector, where both sides say theirs."""
    article, category = match.article, brief.triage.category
    return (not (article.categories and category) or category in article.categories) and (
        not (article.industry and brief.sector) or article.industry == brief.sector
    )


def quotable(sentence: str, language: Language) -> bool:
    """Whether a sentence of an article can stand in a letter to a customer."""
    rules = rubric(language)
    least, most = rules.quote
    return (
        least <= rules.size(sentence, language) <= most
        and sentence[-1] in "。！.!"
        and not any(mark in sentence for mark in '“”"‘《》⟦⟧{}#*|<>')
        and not rules.staff.search(sentence.lower())
        and not rules.leaning.search(sentence.lower())
        and not _forbidden(sentence, rules)
        and not looks_personal(sentence)
    )


def _forbidden(sentence: str, rules: Rubric) -> bool:
    return any(rules.lexicons[name].search(sentence.lower()) for name in _FORBIDDEN)


@lru_cache(maxsize=1024)
def _sentences(text: str, language: Language) -> tuple[tuple[str, frozenset[str]], ...]:
    """The sentences of a passage that can be quoted, with their terms."""
    pieces = (piece.strip() for piece in _END[language].split(text) if piece)
    return tuple((piece, _terms(piece, language)) for piece in pieces if piece and quotable(piece, language))


@lru_cache(maxsize=256)
def _terms(text: str, language: Language) -> frozenset[str]:
    if language == "en":
        return frozenset(word[:6] for word in _WORD.findall(text.lower()) if word not in _COMMON_EN)
    return frozenset(
        pair
        for run in _HAN_RUN.findall(text)
        for pair in map("".join, pairwise(run))
        if not _COMMON_ZH & set(pair)
    )
