"""What the static embedder learns from: texts whose licences allow it, and our own sample corpus.

Of the data folder only `ship/` is read, and of every set there only the training part.
"""

import gzip
import json
import random
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from knowledge.corpus import SAMPLE
from knowledge.errors import UnreadableFile

ENGLISH_SETS: Final[Mapping[str, int]] = {
    "banking77": 9000,
    "clinc150_oos": 8000,
    "bitext_intents": 3000,
    "nlupp_banking": 1500,
    "goemotions": 8000,
    "cfpb_product": 7000,
    "cfpb_issue": 3000,
}
"""Most sentences taken of each set: enough of each kind, and a teacher that is done in minutes."""
PARALLEL: Final = "tatoeba_zh_en"
DICTIONARY: Final = "cc_cedict/cedict_ts.u8.gz"
LONGEST: Final = 300
"""Characters of a sentence that the teacher reads."""

_END: Final = re.compile(r"(?<=[.!?;])\s+|(?<=[。！？；])|\n+")


@dataclass(frozen=True, slots=True)
class TrainingTexts:
    """Everything but the dictionary."""

    english: tuple[str, ...]
    """Distinct sentences."""
    pairs: tuple[tuple[str, str], ...]
    """Chinese and English of the same meaning."""
    cases: tuple[tuple[str, str], ...]
    """Complaint and resolution, each in the same language."""
    passages: tuple[str, ...]
    """Chinese texts that are in no pair: their words count."""

    @property
    def chinese(self) -> Iterator[str]:
        """Every Chinese text; English ones of our corpus too, which have no Chinese words to count."""
        yield from (chinese for chinese, _ in self.pairs)
        for case in self.cases:
            yield from case
        yield from self.passages


def read_training_texts(data: Path, seed: int) -> TrainingTexts:
    """The texts of `data`/ship and of the sample corpus, always in the same order.

    Raises:
        UnreadableFile: a set is missing or is not what its README says.
    """
    ship = data / "ship"
    choice = random.Random(seed)  # noqa: S311 which rows are taken is no secret
    english: list[str] = []
    for name, most in ENGLISH_SETS.items():
        rows = _rows(ship / name / "train.jsonl")
        found = list(dict.fromkeys(part for row in rows for part in sentences(str(row["text"]))))
        english += choice.sample(found, most) if len(found) > most else found
    pairs = [(str(row["pair"]), str(row["text"])) for row in _rows(ship / PARALLEL / "train.jsonl")]
    cases = list(_sample("cases"))
    articles = list(_sample("articles"))
    own = [str(case[key]) for case in cases if case["language"] == "en" for key in ("text", "resolution")]
    own += [str(article["text"]) for article in articles if article["language"] == "en"]
    english += [part for text in own for part in sentences(text)]
    return TrainingTexts(
        tuple(dict.fromkeys(english)),
        tuple(dict.fromkeys(pairs)),
        tuple((str(case["text"]), str(case["resolution"])) for case in cases),
        tuple(str(article["text"]) for article in articles if article["language"] == "zh"),
    )


def read_dictionary_lines(data: Path) -> list[str]:
    """The lines of CC-CEDICT, without its comments.

    Raises:
        UnreadableFile: the file is missing or damaged.
    """
    path = data / "ship" / DICTIONARY
    try:
        text = gzip.decompress(path.read_bytes()).decode("utf-8")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise UnreadableFile(
            f"cannot read {path}: {error}; --data names the folder with ship/ in it"
        ) from error
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def sentences(text: str) -> Iterator[str]:
    """The sentences of `text`, cut at LONGEST characters."""
    for part in _END.split(text):
        if part and (stripped := part.strip()):
            yield stripped[:LONGEST]


def _sample(kind: str) -> Iterator[dict[str, Any]]:
    for path in sorted((SAMPLE / kind).glob("*.jsonl")):
        yield from _rows(path)


def _rows(path: Path) -> Iterable[dict[str, Any]]:
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
        return [cast("dict[str, Any]", json.loads(line)) for line in lines if line.strip()]
    except (OSError, ValueError) as error:
        raise UnreadableFile(
            f"cannot read {path}: {error}; --data names the folder with ship/ in it"
        ) from error
