"""Groups of customers in words: the sentences of a condition, a name, a persona, in Chinese and English."""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from typing import Final

from profiles.expressions import AllOf, Among, AnyOf, Compare, Expression, Known, Leaf, Not
from profiles.fact import Language
from profiles.segment_card import Apart, Said
from profiles.segment_rules import SegmentRules
from profiles.traits import TraitRules, shown

NAMED: Final = 2
"""Traits a name is made of."""
MOST_MORE: Final = 4
"""Traits a name may have besides, so that no two groups have the same."""
TOLD: Final = 5
"""Traits a persona tells of."""


def both(words: Callable[[Language], str]) -> Said:
    """What `words` says, in both languages."""
    return Said(zh=words("zh"), en=words("en"))


def condition(expression: Expression, traits: TraitRules, language: Language) -> str:
    """A condition in words."""
    match expression:
        case AllOf():
            return _JOINED[language].join(_each(expression.parts, traits, language))
        case AnyOf():
            return _EITHER[language].join(condition(part, traits, language) for part in expression.parts)
        case Not():
            return _NOT[language].format(condition(expression.part, traits, language))
        case _:
            return _leaf(expression, traits, language)


def sentence(
    expression: Expression, precision: float, recall: float, traits: TraitRules, language: Language
) -> str:
    """A condition, and how well it tells who is in a group."""
    return _SENTENCE[language].format(
        condition(expression, traits, language), shown(precision, "share"), shown(recall, "share")
    )


def name(apart: Sequence[Apart], rules: SegmentRules, language: Language, *, more: int = 0) -> str:
    """What a group is called after: the traits that set it apart most; `more` where others are called so."""
    phrases = dict.fromkeys(_tendency(one, rules, language) for one in apart)
    found = list(phrases)[: NAMED + more]
    return _COMMA[language].join(found) or _NO_NAME[language]


def named(apart: Sequence[Apart], rules: SegmentRules, taken: Collection[Said]) -> Said:
    """The shortest name that no other group has taken."""
    for more in range(MOST_MORE):
        found = both(partial(name, apart, rules, more=more))
        if found not in taken:
            return found
    number = 2 + sum(other.en.startswith(name(apart, rules, "en")) for other in taken)
    return both(lambda language: f"{name(apart, rules, language)} ({number})")


def persona_of(called: Said, size: int, share: float, apart: Sequence[Apart], traits: TraitRules) -> Said:
    """`persona` in both languages."""
    return both(lambda language: persona(called.to(language), size, share, apart, traits, language))


def persona(
    called: str, size: int, share: float, apart: Iterable[Apart], traits: TraitRules, language: Language
) -> str:
    """The typical customer of a group, from figures of many: name, size, and what sets them apart."""
    told = [_compared(one, traits, language) for one in apart][:TOLD]
    whole = _PERSONA[language].format(called, f"{size:,}", shown(share, "share"))
    return whole + (_APART[language].format(_JOINED[language].join(told)) if told else "")


def _each(parts: Iterable[Expression], traits: TraitRules, language: Language) -> list[str]:
    """In words; a lower and an upper limit of one trait are one phrase."""
    found: list[str] = []
    limits: dict[str, Compare] = {}
    for part in parts:
        if not (isinstance(part, Compare) and part.sign in (">=", "<=")):
            found.append(condition(part, traits, language))
            continue
        other = limits.pop(part.trait, None)
        if other is None or other.sign == part.sign:
            limits[part.trait] = part
            continue
        low, high = sorted((other, part), key=lambda limit: limit.sign == "<=")
        kind = _kind(part.trait, traits)
        span = _SPAN[language].format(shown(low.value, kind), shown(high.value, kind))
        found.append(tidy(traits.said(part.trait, span, language)))
    return [*(_leaf(limit, traits, language) for limit in limits.values()), *found]


def _leaf(leaf: Leaf, traits: TraitRules, language: Language) -> str:
    kind = _kind(leaf.trait, traits)
    match leaf:
        case Known():
            words = _KNOWN if leaf.known else _UNKNOWN
            return words[language].format(traits.said(leaf.trait, "…", language))
        case Among():
            values = _OR[language].join(shown(value, kind) for value in leaf.values)
            text = traits.said(leaf.trait, values, language)
            return _NOT[language].format(text) if leaf.negated else text
        case Compare() if isinstance(leaf.value, (str, bool)):
            # a flag is said as it is where it holds; that it does not is its opposite
            text = traits.said(leaf.trait, leaf.value or True, language)
            opposite = (leaf.sign == "!=") is not (leaf.value is False)
            return _NOT[language].format(text) if opposite else text
        case Compare():
            limit = _LIMITS[language][leaf.sign].format(shown(leaf.value, kind))
            return tidy(traits.said(leaf.trait, limit, language))


def _compared(apart: Apart, traits: TraitRules, language: Language) -> str:
    """A trait of the group beside that of all others."""
    if apart.word is not None:
        inside, outside = shown(apart.inside, "share"), shown(apart.outside, "share")
        return tidy(_WORD[language].format(traits.said(apart.trait, apart.word, language), inside, outside))
    kind = _kind(apart.trait, traits)
    inside = tidy(traits.said(apart.trait, apart.inside, language))
    return _OTHERS[language].format(inside, shown(apart.outside, kind))


def _tendency(apart: Apart, rules: SegmentRules, language: Language) -> str:
    if apart.word is not None:
        text = rules.traits.said(apart.trait, apart.word, language)
        return text if apart.difference > 0 else _NOT[language].format(text)
    words = rules.words.get(apart.trait)
    if words is None:
        level = _LEVEL[language][apart.difference > 0]
        return tidy(rules.traits.said(apart.trait, level, language))
    tendencies = words.zh if language == "zh" else words.en
    return tendencies.more if apart.difference > 0 else tendencies.less


def tidy(text: str) -> str:
    """Without the space that a number has around it in Chinese where a Chinese word took its place."""
    return re.sub(r"(?<=[一-鿿]) (?=[一-鿿])", "", text)


def _kind(trait: str, traits: TraitRules) -> str:
    declared = traits.traits.get(trait)
    return declared.kind if declared else "number"


_SENTENCE: Final[dict[Language, str]] = {
    "zh": "{0}的客户：其中 {1} 属于这一群体，覆盖该群体的 {2}。",
    "en": "Customers with: {0}. Of these, {1} are in the group; they cover {2} of it.",
}
_PERSONA: Final[dict[Language, str]] = {
    "zh": "{0}。共 {1} 位客户，占 {2}。",
    "en": "{0}. {1} customers, {2} of all.",
}
_APART: Final[dict[Language, str]] = {"zh": "与其他客户相比：{0}。", "en": " Set apart by: {0}."}
_OTHERS: Final[dict[Language, str]] = {"zh": "{0}（其他客户 {1}）", "en": "{0} (others {1})"}
_WORD: Final[dict[Language, str]] = {"zh": "{0} 占 {1}（其他客户 {2}）", "en": "{0}: {1} (others {2})"}
_NO_NAME: Final[dict[Language, str]] = {"zh": "与多数客户相近", "en": "much like most customers"}
_JOINED: Final[dict[Language, str]] = {"zh": "；", "en": "; "}
_EITHER: Final[dict[Language, str]] = {"zh": "，或者", "en": "; or "}
_COMMA: Final[dict[Language, str]] = {"zh": "、", "en": ", "}
_OR: Final[dict[Language, str]] = {"zh": "或", "en": " or "}
_NOT: Final[dict[Language, str]] = {"zh": "并非（{0}）", "en": "not ({0})"}
_KNOWN: Final[dict[Language, str]] = {"zh": "已知（{0}）", "en": "known ({0})"}
_UNKNOWN: Final[dict[Language, str]] = {"zh": "未知（{0}）", "en": "not known ({0})"}
_SPAN: Final[dict[Language, str]] = {"zh": "{0} 到 {1}", "en": "{0} to {1}"}
_LEVEL: Final[dict[Language, tuple[str, str]]] = {"zh": ("较低", "较高"), "en": ("low", "high")}
_LIMITS: Final[dict[Language, dict[str, str]]] = {
    "zh": {">=": "至少 {}", ">": "超过 {}", "<=": "至多 {}", "<": "不到 {}", "==": "{}", "!=": "不是 {}"},
    "en": {
        ">=": "at least {}",
        ">": "more than {}",
        "<=": "at most {}",
        "<": "less than {}",
        "==": "{}",
        "!=": "not {}",
    },
}
