"""Words of a text, Chinese and English alike: what the lexical index and the hashed features are made of."""

import re
import unicodedata

import rjieba

_LATIN = re.compile(r"[a-z0-9]+(?:['’._-][a-z0-9]+)*")


def normalise(text: str) -> str:
    """NFKC, lower case: full-width and half-width, 退款 and ＡＰＰ read alike. The length may change."""
    return unicodedata.normalize("NFKC", text).lower()


def words(text: str) -> list[str]:
    """The words of `text`, normalised, in order; punctuation and white space are dropped.

    Chinese runs are segmented; a Chinese word of three characters or more also yields the words inside it,
    so that 信用卡 is found by 信用卡 and by a text that says 信用.
    """
    normal = normalise(text)
    if normal.isascii():
        return _LATIN.findall(normal)
    return [word for word in rjieba.cut_for_search(normal) if word[0].isalnum() or word[0] >= "\u3400"]
