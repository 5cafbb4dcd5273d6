"""The gate a newly trained head passes before it judges complaints: it may not lose on the frozen rows.

The frozen rows are set aside once and never trained on. What a head learned from poisoned feedback (labels
turned round, one class flooded) shows there as a loss, and the head is refused with the places where it lost.
"""

import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

from knowledge.embedding import Embedder
from knowledge.errors import InvalidInput, UnreadableFile
from knowledge.evaluation import LabelledText, compare_heads, evaluate_labels
from knowledge.head import Head
from knowledge.ingest import read_labelled
from knowledge.rows import RowProblem

FEWEST: Final = 30
"""Frozen rows below which a gate is chance."""
OVERALL: Final = 0.005
"""What accuracy, macro-F1 and calibration may lose: rounding, not quality."""
PER_LANGUAGE: Final = 0.02
PER_CLASS: Final = 0.10
"""What one language's accuracy and one class's F1 may lose: a few rows decide them."""
FEWEST_OF_A_LANGUAGE: Final = 30
FEWEST_OF_A_CLASS: Final = 8
CALIBRATION: Final = 0.03

Place = Literal["overall", "language", "class", "labels", "retrieval"]


@dataclass(frozen=True, slots=True)
class Loss:
    """Where the candidate is worse than the head in use."""

    place: Place
    name: str
    """The figure, the language, the class, or the label that is missing."""
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate says."""

    losses: tuple[Loss, ...]
    rows: int
    before: dict[str, Any]
    """Figures of the head in use."""
    after: dict[str, Any]
    """Figures of the candidate."""
    comparison: dict[str, dict[str, float]]

    @property
    def promoted(self) -> bool:
        """Whether the candidate may take over."""
        return not self.losses

    def public(self) -> dict[str, Any]:
        """For JSON."""
        return {"promoted": self.promoted, **asdict(self)}


def judge(candidate: Head, present: Head, embedder: Embedder, rows: Sequence[LabelledText]) -> Verdict:
    """Whether `candidate` may replace `present`, by the frozen `rows`.

    Raises:
        InvalidInput: there are too few rows to tell.
        EmbedderMismatch: a head was trained with another embedder.
    """
    if len(rows) < FEWEST:
        raise InvalidInput(f"{len(rows)} frozen rows are too few to tell: set aside at least {FEWEST}")
    before, after = (evaluate_labels(head, embedder, rows) for head in (present, candidate))
    comparison = compare_heads(candidate, present, embedder, rows)
    losses = (*_missing(candidate, rows), *_losses(before, after))
    return Verdict(losses, len(rows), before, after, comparison)


def _missing(candidate: Head, rows: Iterable[LabelledText]) -> list[Loss]:
    """A label that the frozen rows have and the candidate cannot say."""
    wanted = sorted({label for row in rows for label in row.labels} - set(candidate.labels))
    return [Loss("labels", label, 1.0, 0.0) for label in wanted]


def _losses(before: dict[str, Any], after: dict[str, Any]) -> list[Loss]:
    found = [
        Loss("overall", name, before[name], after[name])
        for name in ("accuracy", "macro_f1")
        if after[name] < before[name] - OVERALL
    ]
    if after["ece"] > before["ece"] + CALIBRATION:
        found.append(Loss("overall", "ece", before["ece"], after["ece"]))
    for language, figures in before["per_language"].items():
        now = after["per_language"][language]["accuracy"]
        if figures["n"] >= FEWEST_OF_A_LANGUAGE and now < figures["accuracy"] - PER_LANGUAGE:
            found.append(Loss("language", language, figures["accuracy"], now))
    for label, figures in before["per_class"].items():
        now = after["per_class"].get(label, {"f1": 0.0})["f1"]
        if figures["n"] >= FEWEST_OF_A_CLASS and now < figures["f1"] - PER_CLASS:
            found.append(Loss("class", label, figures["f1"], now))
    return found


# ---- the frozen rows


def freeze(rows: Sequence[LabelledText], file: Path) -> None:
    """Set rows aside for good.

    Raises:
        InvalidInput: there are too few, or other rows are frozen in this file already.
    """
    if len(rows) < FEWEST:
        raise InvalidInput(f"{len(rows)} rows are too few to freeze: give at least {FEWEST}")
    lines = [json.dumps({"text": row.text, "labels": list(row.labels)}, ensure_ascii=False) for row in rows]
    content = "".join(f"{line}\n" for line in lines)
    if file.exists() and file.read_text(encoding="utf-8") != content:
        raise InvalidInput(
            f"other rows are frozen in {file}: a gate that is moved proves nothing; "
            "delete the file yourself if you mean to start anew"
        )
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_suffix(".new")
    temporary.write_text(content, encoding="utf-8")
    temporary.replace(file)


def frozen(file: Path) -> list[LabelledText]:
    """The rows set aside.

    Raises:
        UnreadableFile: there are none yet, or one of them is damaged.
    """
    if not file.exists():
        raise UnreadableFile(f"no rows are frozen in {file}: give them once with --frozen FILE")
    rows: list[LabelledText] = []
    for item in read_labelled(file):
        if isinstance(item, RowProblem):
            raise UnreadableFile(f"{file} is damaged at row {item.row}: restore it from a backup")
        rows.append(item)
    return rows


# ---- the head in use


def install(candidate: Path, place: Path) -> None:
    """Put the candidate's files where the head in use is; the one before is kept as `<name>.before`."""
    head = Head.load(candidate)
    fresh, before = place.with_name(f"{place.name}.new"), place.with_name(f"{place.name}.before")
    shutil.rmtree(fresh, ignore_errors=True)
    head.save(fresh)
    if place.exists():
        shutil.rmtree(before, ignore_errors=True)
        place.replace(before)
    fresh.replace(place)


def step_back(place: Path) -> Head | None:
    """Put the head before the present one back; None where the first promoted one is taken out of use.

    Raises:
        InvalidInput: no head was promoted.
    """
    before, aside = place.with_name(f"{place.name}.before"), place.with_name(f"{place.name}.aside")
    if not place.exists() and not before.exists():
        raise InvalidInput(f"no head was promoted to {place}: nothing to go back to")
    head = Head.load(before) if before.exists() else None
    shutil.rmtree(aside, ignore_errors=True)
    if place.exists():
        place.replace(aside)
    if before.exists():
        before.replace(place)
        if aside.exists():
            aside.replace(before)
    return head
