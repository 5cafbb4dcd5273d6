"""What policies in force say on a complaint: sentences that can be quoted, and titles that can be named."""

import math
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Final

from bot.brief import Brief
from bot.draft.identifiers import contacts, looks_personal
from bot.draft.rubric import Rubric, rubric
from bot.draft.suspicion import steers
from bot.draft.tone import tone_rules
from bot.errors import InvalidRequest
from bot.suggestion import Citation
from knowledge.case import Language
from knowledge.match import PassageMatch
from knowledge.rarity import rare_words

MOST: Final = 3
READ: Final = 2000
"""Characters of the complaint that are compared."""

_FORBIDDEN: Final = (
    "deflect", "blame", "cold", "labels", "liability", "absolute", "withdrawal", "threat", "internal",
    "others", "machine", "upsell", "promise",
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
    """What the policies nearest to the complaint say, each verbatim, closest first.

    Sentences that share enough with the complaint, one of each passage. Where there is none, the title of the
    nearest passage, if that is close enough and the category sure enough that it is the one that applies.
    """
    rules = rubric(brief.language)
    words = rare_words(brief.text[:READ])
    near = [match for match in usable(brief) if _on_topic(match, brief)]
    quoted = [
        (_closeness(words, match), Citation(id=match.id, quote=sentence, title=match.article.title))
        for match in near
        if (sentence := _sentence(match, brief, rules))
    ]
    if quoted:
        quoted.sort(key=lambda each: -each[0])
        return tuple(citation for _, citation in quoted[:MOST])
    if near and brief.triage.confidence >= rules.sure and brief.triage.category is not None:
        title = near[0].article.title
        if nameable(title) and _closeness(words, near[0]) >= rules.closeness:
            return (Citation(id=near[0].id, quote=title, title=title),)
    return ()


def named_policy(brief: Brief, name: str) -> Citation | None:
    """The policy a decision rests on: of its passage the sentence nearest to the complaint, or its title.

    None where neither may be shown to a customer.

    Raises:
        InvalidRequest: search found no such passage or article for this complaint, or it is not in force.
    """
    found = [match for match in usable(brief) if name in (match.id, match.article.id)]
    if not found:
        there = ", ".join(match.id for match in usable(brief)) or "none"
        raise InvalidRequest(
            f"no policy {name[:80]!r} in force was found for this complaint: choose one of {there}, or give "
            "the ground in `reason`"
        )
    rules = rubric(brief.language)
    for match in found:
        if sentence := _sentence(match, brief, rules):
            return Citation(id=match.id, quote=sentence, title=match.article.title)
    title = found[0].article.title
    return Citation(id=found[0].id, quote=title, title=title) if nameable(title) else None


def _sentence(match: PassageMatch, brief: Brief, rules: Rubric) -> str:
    """The sentence of the passage that shares most with the complaint; empty where none shares enough."""
    if match.similarity < tone_rules().quote_similarity:
        return ""
    language = brief.language
    terms = _terms(brief.text[:READ], language)
    products = _terms(" ".join(fact.text for fact in brief.stated if fact.kind == "product"), language)
    best, most = "", 0
    for sentence, words in _sentences(match.passage.text, language):
        count = len(words & terms) + len(words & products)
        if count > most and count >= max(rules.shared, rules.share * len(words)):
            best, most = sentence, count
    return best


def _closeness(words: Mapping[str, float], match: PassageMatch) -> float:
    """What the rare words shared with the passage weigh, against all of the passage's rare words; from 0.

    Measured on our 504 cases against the policy each was settled under: see `closeness` in checks.toml.
    """
    there = rare_words(f"{match.article.title}\n{match.passage.text}")
    shared = sum(weight for word, weight in there.items() if word in words)
    return shared / math.sqrt(sum(there.values()) + 1)


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
        and not any(contacts(sentence))
        and not steers(sentence)
    )


def _forbidden(sentence: str, rules: Rubric) -> bool:
    return any(rules.lexicons[name].search(sentence.lower()) for name in _FORBIDDEN)


def nameable(title: str) -> bool:
    """Whether a customer may be told the title: none that speaks of approvals, staff or goodwill."""
    language: Language = "zh" if _HAN_RUN.search(title) else "en"
    rules = rubric(language)
    low = title.lower()
    return not rules.internal_titles.search(low) and not _forbidden(low, rules) and not looks_personal(title)


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
