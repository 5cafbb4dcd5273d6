"""What a model's reply cost: tokens, and money where a price is set."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from bot.draft.stream import Usage
from bot.suggestion import TokensUsed

_PER_HAN: Final = 1.0
_PER_LETTER: Final = 0.28
"""Tokens a character takes where the server does not count: about one a Chinese character, and a quarter of a
token a letter, on the high side of what current tokenizers need."""
_MILLION: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Prices:
    """What a provider asks for a million tokens."""

    prompt: Decimal = Decimal(0)
    completion: Decimal = Decimal(0)
    currency: str = ""
    """ISO 4217; empty where nobody set a price."""


UNPRICED: Final = Prices()


def tokens_used(prompt: str, reply: str, usage: Usage | None, prices: Prices) -> TokensUsed:
    """The tokens as the server counted them, else estimated and marked so; with their price."""
    counted = usage is not None and usage.prompt_tokens is not None and usage.completion_tokens is not None
    into = usage.prompt_tokens if counted and usage else _estimated(prompt)
    out = usage.completion_tokens if counted and usage else _estimated(reply)
    into, out = into or 0, out or 0
    cost = (prices.prompt * into + prices.completion * out) / _MILLION if prices.currency else None
    return TokensUsed(
        prompt=into, completion=out, estimated=not counted, cost=cost, currency=prices.currency or None
    )


def _estimated(text: str) -> int:
    han = sum("\u3400" <= character <= "\u9fff" for character in text)
    return round(han * _PER_HAN + (len(text) - han) * _PER_LETTER)
