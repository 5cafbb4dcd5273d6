"""Makes heads: two linear experts, mixed and calibrated on predictions for rows they had not seen.

    rows -> features, vectors -> groups of near-duplicates -> folds
         -> out-of-fold scores of each expert -> mix -> temperature -> thresholds, metrics
         -> both experts once more on all rows -> Head

The n-gram expert is a linear support-vector classifier: on the sample corpus it beat logistic regression on
the same features by 4 points, on banking77 it equals it in a twelfth of the time. The vector's expert is a
logistic regression, trained only for embedders that see more than words: the built-in one's vector is a
projection of the same n-grams.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from knowledge.case import Language, language_of
from knowledge.embedding import Embedder, LexicalEmbedder, Matrix
from knowledge.errors import InvalidInput
from knowledge.evaluation import LabelledText
from knowledge.features import BUCKETS, Features, features
from knowledge.figures import Judged, measure
from knowledge.head import (
    FORMAT,
    Card,
    Head,
    Kind,
    Thresholds,
    Weights,
    familiarity,
    sigmoid,
    softmax,
    weigh,
)

PRECISION: Final = 0.9
"""Share of assigned labels that shall be right."""
FOLDS: Final = 5
TUNED_ROWS: Final = 4000
"""Rows the strength of regularisation is chosen on."""
MANY_ROWS: Final = 6000
"""Rows beyond which three folds are enough."""
RARE: Final = 0.3
"""What a feature that training did not keep counts in the length of a text."""
GRAM_STRENGTHS: Final = (0.3, 1.0, 3.0)
VECTOR_STRENGTHS: Final = (1.0, 10.0, 100.0)
SHARES: Final = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
"""Parts of the vector's expert that are tried."""
MARGINS: Final = (0.0, 0.03, 0.06, 0.1, 0.15, 0.2)
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
FEWEST_OF_LANGUAGE: Final = 300
"""Judged rows of a language from which it has a temperature of its own."""
FEW: Final = 8
"""Rows of a label below which its figures say little."""
SIMILAR: Final = 0.6
"""Jaccard overlap of features from which two texts are one for cross-validation."""
STRANGE: Final = 0.05
"""Share of the rows, while they were not seen, that may look out of scope."""
FEWEST_FAMILIAR: Final = 100
"""Judged rows from which that share can be told."""
FEWEST_ASSIGNED: Final = 10
"""Assigned rows below which a precision is chance."""

Progress = Callable[[int, int], None]
"""Called with (steps done, steps in all)."""
Bools = NDArray[np.bool_]
Numbers = NDArray[np.float64]
Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class _Expert:
    """A linear classifier: scores are `x @ weights + bias`."""

    weights: Numbers
    bias: Numbers


_Fit = Callable[[Any, Bools, Numbers, float], _Expert]


@dataclass(slots=True, eq=False)
class _Data:
    """The rows as numbers; n rows, c labels."""

    subject: str
    kind: Kind
    labels: tuple[str, ...]
    truth: Bools
    """Shape (n, c)."""
    weight: Numbers
    judged: Bools
    languages: list[Language]
    found: list[Features]
    vectors: Matrix | None
    """Shape (n, dimensions), or None where the vector has no part."""
    fold: Places
    """Shape (n,): the fold a row is judged in, -1 for one that only teaches."""
    warnings: list[str] = field(default_factory=list[str])


def train_categories(
    rows: Sequence[LabelledText],
    embedder: Embedder,
    *,
    precision: float = PRECISION,
    progress: Progress | None = None,
) -> Head:
    """A head that gives each text exactly one of the labels in `rows`. The same rows give the same head.

    Args:
        rows: each with exactly one label, of any name.
        embedder: the head will refuse the vectors of any other.
        precision: 0..1, share of assigned labels that shall be right; the rest is left to a person.
        progress: told how far training is.

    Raises:
        InvalidInput: the rows cannot be learned from; says why and what to do.
    """
    return learn(rows, embedder, "categories", precision=precision, progress=progress).head


def train_emotion(
    rows: Sequence[LabelledText],
    embedder: Embedder,
    *,
    precision: float = PRECISION,
    progress: Progress | None = None,
) -> Head:
    """A head for emotions: one label a text where every row has one, else any number of them.

    Raises:
        InvalidInput: the rows cannot be learned from; says why and what to do.
    """
    return learn(rows, embedder, "emotion", precision=precision, progress=progress).head


def train_escalation(
    rows: Sequence[LabelledText],
    embedder: Embedder,
    *,
    precision: float = PRECISION,
    progress: Progress | None = None,
) -> Head:
    """A head for escalations: any number of labels a text, none too.

    Raises:
        InvalidInput: the rows cannot be learned from; says why and what to do.
    """
    return learn(rows, embedder, "escalation", precision=precision, progress=progress).head


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """A head, and what it says of the rows it learned from while it had not seen them."""

    head: Head
    used: Bools
    """Shape (rows,): those with a letter or digit; the others were left out."""
    judged: Bools
    """Shape (rows,): those that do not only teach."""
    logits: Numbers
    """Shape (used rows, labels), calibrated; without meaning for a row that only teaches."""
    fold: Places
    """Shape (used rows,): near-duplicates have the same; -1 for a row that only teaches."""


def learn(
    rows: Sequence[LabelledText],
    embedder: Embedder,
    subject: str,
    *,
    precision: float = PRECISION,
    progress: Progress | None = None,
) -> Learned:
    """A head for a subject, with what it says of its rows while it has not seen them.

    Raises:
        InvalidInput: the rows cannot be learned from; says why and what to do.
    """
    if subject == "categories":
        for number, row in enumerate(rows, start=1):
            if len(row.labels) != 1:
                raise InvalidInput(f"row {number} has {len(row.labels)} labels: give every row exactly one")
    single = subject != "escalation" and all(len(row.labels) == 1 for row in rows)
    return _train(rows, embedder, subject, "one" if single else "many", precision, progress)


def learn_many(rows: Sequence[LabelledText], embedder: Embedder, subject: str) -> Learned:
    """A head of any number of labels a text, with its out-of-fold logits for a judge that stands on it.

    Raises:
        InvalidInput: the rows cannot be learned from; says why and what to do.
    """
    return _train(rows, embedder, subject, "many", PRECISION, None)


def near_duplicates(texts: Sequence[str]) -> list[int]:
    """For each text the position of the first that is nearly the same: most of their features agree."""
    return _groups([features(text) for text in texts])


def fingerprint(rows: Sequence[LabelledText]) -> str:
    """Of the rows and of the features their texts have: another corpus or another tokeniser shows."""
    return _fingerprint(rows, [features(row.text) for row in rows])


def _train(
    rows: Sequence[LabelledText],
    embedder: Embedder,
    subject: str,
    kind: Kind,
    precision: float,
    progress: Progress | None,
) -> Learned:
    if not 0 < precision < 1:
        raise InvalidInput(f"precision is {precision}: give a share between 0 and 1, such as 0.9")
    data = _prepared(rows, embedder, subject, kind)
    steps = _Steps(progress, 2 if data.vectors is None else 4)
    idf = _document_frequency(data)
    kept = np.flatnonzero(idf.counts >= 2).astype(np.uint32)
    if not len(kept):
        raise InvalidInput("no word occurs in two texts: give more texts, at least a few for each label")
    grams = _gram_matrix(data.found, idf, kept)
    gram_strength, gram_scores = _out_of_fold(data, grams, _fit_grams, GRAM_STRENGTHS)
    steps.done()
    if data.vectors is not None:
        vector_strength, vector_scores = _out_of_fold(data, data.vectors, _fit_vector, VECTOR_STRENGTHS)
        steps.done()
        share, mixed, scales = _mix(data, gram_scores, vector_scores)
        vector = _fit_vector(data.vectors, data.truth, data.weight, vector_strength)
        steps.done()
    else:
        share, mixed, scales = 0.0, gram_scores, (1.0, 0.0)
        vector = _Expert(np.empty((0, len(data.labels))), np.zeros(len(data.labels)))
    gram = _fit_grams(grams, data.truth, data.weight, gram_strength)
    steps.done()
    slope, shift = _calibration(data, mixed)
    slopes = _slopes(data, mixed)
    logits = mixed * slope + shift
    for language, own in slopes.items():
        rows_of = np.array([each == language for each in data.languages], np.bool_)
        logits[rows_of] = mixed[rows_of] * own
    probabilities = _probabilities(data.kind, logits)
    thresholds = _thresholds(data, probabilities, logits, precision)
    inverse = 1.0 if kind == "many" else float(slope[0])
    per_label = slope if kind == "many" else np.ones_like(slope)  # for `one`, the temperature stays apart
    weights = Weights(
        kept,
        idf.weights[kept].astype(np.float32),
        (gram.weights * scales[0] * per_label).astype(np.float32),
        (vector.weights * scales[1] * per_label).astype(np.float32),
        ((gram.bias * scales[0] + vector.bias * scales[1]) * per_label + shift).astype(np.float32),
    )
    every = [features(row.text) for row in rows]
    card = Card(
        subject=subject,
        kind=kind,
        labels=data.labels,
        embedder=embedder.name,
        dimensions=embedder.dimensions,
        unseen=round(idf.unseen, 6),
        vector_share=share,
        temperature=round(1 / inverse, 6),
        temperatures={language: round(1 / own, 6) for language, own in slopes.items()},
        thresholds=thresholds,
        fingerprint=_fingerprint(rows, every),
        metrics=_metrics(
            data, probabilities, thresholds, {"strength": gram_strength, "precision": precision}
        ),
        warnings=tuple(data.warnings),
    )
    used = np.array([len(found.hashes) > 0 for found in every], np.bool_)
    asked = np.array([row.judged for row in rows], np.bool_)
    return Learned(Head(card, weights.stored()), used, asked, logits, data.fold)


class _Steps:
    """Counts the steps of training and tells whoever asked."""

    def __init__(self, progress: Progress | None, steps: int) -> None:
        self._progress = progress
        self._all = steps
        self._done = 0

    def done(self) -> None:
        self._done += 1
        if self._progress is not None:
            self._progress(self._done, self._all)


# ---- rows to numbers


def _prepared(rows: Sequence[LabelledText], embedder: Embedder, subject: str, kind: Kind) -> _Data:
    used, found, warnings = _readable(rows)
    labels = tuple(sorted({label for row in used for label in row.labels}))
    if len(labels) < 2:
        raise InvalidInput(f"{len(labels)} label in {len(used)} rows: give rows of at least two labels")
    column = {label: n for n, label in enumerate(labels)}
    truth = np.zeros((len(used), len(labels)), np.bool_)
    for number, row in enumerate(used):
        truth[number, [column[label] for label in row.labels]] = True
    judged = np.array([row.judged for row in used], np.bool_)
    if not judged.any():
        raise InvalidInput("no row is to be judged: the quality of a head without any would be unknown")
    warnings += _rare(labels, truth[judged].sum(axis=0).tolist(), truth.sum(axis=0).tolist())
    return _Data(
        subject=subject,
        kind=kind,
        labels=labels,
        truth=truth,
        weight=np.array([row.weight for row in used], np.float64),
        judged=judged,
        languages=[row.language or language_of(row.text) for row in used],
        found=found,
        vectors=_vectors([row.text for row in used], embedder),
        fold=_folds(found, truth, judged),
        warnings=warnings,
    )


def _rare(labels: Sequence[str], judged: Sequence[int], taught: Sequence[int]) -> list[str]:
    """A remark for every label with too few rows to be learned or measured well."""
    remarks: list[str] = []
    for label, measured, count in zip(labels, judged, taught, strict=True):
        if count == 1:
            remarks.append(f"label {label!r} has 1 row: it is learned, but its quality cannot be measured")
        elif measured < FEW:
            remarks.append(f"label {label!r} has {measured} rows: give it {FEW} or more to be judged well")
    return remarks


def _readable(rows: Sequence[LabelledText]) -> tuple[list[LabelledText], list[Features], list[str]]:
    """The rows with something to learn from, their features, and a warning about the others."""
    if not rows:
        raise InvalidInput("there are no rows: give texts with labels, one JSON object a line")
    pairs = [(row, features(row.text)) for row in rows]
    used = [(row, found) for row, found in pairs if len(found.hashes)]
    if not used:
        raise InvalidInput("no row has a text with a letter or digit: check the column that holds the text")
    lost = len(rows) - len(used)
    warnings = [f"{lost} rows without a letter or digit were left out"] if lost else []
    return [row for row, _ in used], [found for _, found in used], warnings


def _vectors(texts: list[str], embedder: Embedder) -> Matrix | None:
    """As a complaint is embedded at run time, which is as a query; in batches where that is the same."""
    if isinstance(embedder, LexicalEmbedder):
        return None
    probe = texts[:3]
    one_by_one = np.stack([embedder.embed_query(text) for text in probe])
    if np.allclose(one_by_one, embedder.embed_documents(probe), atol=1e-4):
        return embedder.embed_documents(texts)
    return np.stack([embedder.embed_query(text) for text in texts])


@dataclass(frozen=True, slots=True, eq=False)
class _Frequency:
    """Document frequency in the training texts."""

    counts: NDArray[np.int64]
    """Shape (BUCKETS,)."""
    weights: Numbers
    """Shape (BUCKETS,)."""
    unseen: float


def _document_frequency(data: _Data) -> _Frequency:
    """Of distinct texts: a passage given once for each of its labels is one document."""
    counts = np.zeros(BUCKETS, np.int64)
    seen: set[bytes] = set()
    for found in data.found:
        key = found.hashes.tobytes()
        if key not in seen:
            seen.add(key)
            counts[np.unique(found.buckets)] += 1
    documents = len(seen)
    weights = np.log((1 + documents) / (1 + counts)) + 1
    return _Frequency(counts, weights, RARE * (float(np.log(1 + documents)) + 1))


def _gram_matrix(found: list[Features], idf: _Frequency, kept: NDArray[np.uint32]) -> Any:
    """Shape (n, kept), sparse: as `Head` weighs a text."""
    from scipy.sparse import csr_matrix  # comes with scikit-learn: only when something is trained

    place = np.full(BUCKETS, -1, np.int64)
    place[kept] = np.arange(len(kept))
    half = idf.weights.astype(np.float16).astype(np.float32)
    columns: list[NDArray[np.int64]] = []
    values: list[NDArray[np.float32]] = []
    starts = [0]
    for each in found:
        at = place[each.buckets]
        value = weigh(each, np.where(at >= 0, half[each.buckets], np.float32(idf.unseen)))
        columns.append(at[at >= 0])
        values.append(value[at >= 0])
        starts.append(starts[-1] + len(columns[-1]))
    parts: Any = (np.concatenate(values).astype(np.float64), np.concatenate(columns), starts)
    matrix: Any = csr_matrix(parts, shape=(len(found), len(kept)))
    matrix.sum_duplicates()
    return matrix


def _fingerprint(rows: Sequence[LabelledText], found: Sequence[Features]) -> str:
    digest = hashlib.sha256(f"{FORMAT}".encode())
    for row, each in zip(rows, found, strict=True):
        digest.update(f"\n{'|'.join(row.labels)}\t{row.weight}\t{row.judged}\t".encode("utf-8", "replace"))
        digest.update(each.hashes.tobytes() + each.counts.tobytes())
    return digest.hexdigest()


# ---- folds


def _folds(found: list[Features], truth: Bools, judged: Bools) -> Places:
    """A fold for each judged row: near-duplicates together, every label spread evenly."""
    folds = FOLDS if int(judged.sum()) <= MANY_ROWS else 3
    members: dict[int, list[int]] = {}
    for number, group in enumerate(_groups(found)):
        members.setdefault(group, []).append(number)
    fold = np.full(len(found), -1, np.intp)
    load = np.zeros((folds, truth.shape[1]))
    size = np.zeros(folds)
    for rows in sorted(members.values(), key=lambda rows: (-len(rows), rows[0])):
        taught = [n for n in rows if judged[n]]
        if not taught:
            continue
        labels = truth[taught].sum(axis=0)
        least = int(np.lexsort((size, load @ labels))[0])
        load[least] += labels
        size[least] += len(taught)
        fold[rows] = least  # one that only teaches leaves the training of that fold with its twin
    return fold


def _groups(found: list[Features]) -> list[int]:
    """A group number for each text; two texts with most features in common have the same."""
    parent = list(range(len(found)))

    def root(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    sketches = _sketches(found)
    for band in range(sketches.shape[1]):
        first: dict[int, int] = {}
        for number, key in enumerate(sketches[:, band].tolist()):
            other = first.setdefault(key, number)
            if root(other) != root(number) and _overlap(found[other], found[number]) >= SIMILAR:
                parent[max(root(other), root(number))] = min(root(other), root(number))
    return [root(number) for number in range(len(found))]


def _sketches(found: list[Features]) -> NDArray[np.uint64]:
    """Shape (n, 16): MinHash bands of two (Broder 1997); an overlap of 0.6 is met 999 times of 1,000."""
    odd = np.random.default_rng(7).integers(1, 2**63, 32, dtype=np.uint64) | np.uint64(1)
    least = np.empty((len(found), 32), np.uint64)
    for number, each in enumerate(found):
        least[number] = [(each.hashes * factor).min() for factor in odd]
    return least[:, ::2] * np.uint64(1099511628211) + least[:, 1::2]


def _overlap(one: Features, other: Features) -> float:
    shared = len(np.intersect1d(one.hashes, other.hashes, assume_unique=True))
    return shared / (len(one.hashes) + len(other.hashes) - shared)


# ---- experts


def _out_of_fold(data: _Data, x: Any, fit: _Fit, strengths: tuple[float, ...]) -> tuple[float, Numbers]:
    """The strength that serves best, and the scores (n, c) of the judged rows with it."""
    some = np.flatnonzero(data.judged)
    tuned = some if len(some) <= TUNED_ROWS else some[:: len(some) // TUNED_ROWS + 1]
    teaching = np.flatnonzero(~data.judged)
    rows = np.sort(np.concatenate((tuned, teaching)))
    best: tuple[float, float, Numbers] | None = None
    for strength in strengths:
        scores = _scores(data, x, fit, strength, rows)
        slope, shift = _calibration(data, scores, tuned)
        loss = _loss(data.kind, scores[tuned] * slope + shift, data.truth[tuned])
        if best is None or loss < best[0]:
            best = (loss, strength, scores)
    assert best is not None
    _, strength, scores = best
    if len(tuned) < len(some):
        scores = _scores(data, x, fit, strength, np.arange(len(data.fold)))
    return strength, scores


def _scores(data: _Data, x: Any, fit: _Fit, strength: float, rows: Places) -> Numbers:
    scores = np.zeros(data.truth.shape)
    for fold in range(int(data.fold.max()) + 1):
        inside = data.fold[rows] == fold
        train, test = rows[~inside], rows[inside & data.judged[rows]]
        if not len(test):
            continue
        expert = fit(x[train], data.truth[train], data.weight[train], strength)
        scores[test] = x[test] @ expert.weights + expert.bias
    return scores


def _row_weights(truth: Bools, weight: Numbers) -> Numbers:
    """Shape (c,): how much a positive of each label counts, so that a rare label is learned like others."""
    mass = (truth * weight[:, None]).sum(axis=0)
    return np.where(mass > 0, weight.sum() / (truth.shape[1] * np.maximum(mass, 1e-12)), 1.0)


def _fit_grams(x: Any, truth: Bools, weight: Numbers, strength: float) -> _Expert:
    """One against the rest, for each label."""
    rare = np.clip(_row_weights(truth, weight), 0.2, 20.0)
    weights, bias = np.zeros((x.shape[1], truth.shape[1])), np.full(truth.shape[1], -1.0)
    present = np.flatnonzero(truth.any(axis=0))
    if len(present) > 2 and bool((truth.sum(axis=1) == 1).all()):
        # the library takes one against the rest by itself, several times faster than label by label
        found = _support_vectors(x, truth.argmax(axis=1), weight, strength, dict(enumerate(rare)))
        weights[:, present], bias[present] = found.coef_.T, found.intercept_
        return _Expert(weights, bias)
    for column in present:
        target = truth[:, column]
        if target.all():
            bias[column] = 1.0
            continue
        found = _support_vectors(x, target, weight, strength, {True: rare[column], False: 1.0})
        weights[:, column], bias[column] = found.coef_[0], found.intercept_[0]
    return _Expert(weights, bias)


def _support_vectors(x: Any, target: Any, weight: Numbers, strength: float, rare: dict[Any, float]) -> Any:
    """`rare`: how much more a row counts where its label is the one that is told from the rest."""
    from sklearn.svm import LinearSVC  # 0.8 s and 113 MiB: only when something is trained

    some = {label: rare[label] for label in np.unique(target).tolist()}
    model: Any = LinearSVC(C=strength, tol=1e-3, max_iter=20_000, random_state=0, class_weight=some)
    return model.fit(x, target, sample_weight=weight)


def _fit_vector(x: Any, truth: Bools, weight: Numbers, strength: float) -> _Expert:
    """Multinomial where each row has one label, else one against the rest."""
    rare = np.clip(_row_weights(truth, weight), 0.2, 20.0)
    present = np.flatnonzero(truth.any(axis=0))
    weights, bias = np.zeros((x.shape[1], truth.shape[1])), np.full(truth.shape[1], -10.0)
    if len(present) > 2 and bool((truth.sum(axis=1) == 1).all()):
        column = truth.argmax(axis=1)
        model = _logistic(x, column, weight * rare[column], strength)
        weights[:, present], bias[present] = model.coef_.T, model.intercept_
        return _Expert(weights, bias)
    for column in present:
        target = truth[:, column]
        if target.all():
            bias[column] = 10.0
            continue
        model = _logistic(x, target, weight * np.where(target, rare[column], 1.0), strength)
        weights[:, column], bias[column] = model.coef_[0], model.intercept_[0]
    return _Expert(weights, bias)


def _logistic(x: Any, target: Any, weight: Numbers, strength: float) -> Any:
    from sklearn.linear_model import LogisticRegression  # see LinearSVC

    # measured on banking77: a tolerance of 1e-3 stops too early, 1e-6 and double precision cost four times
    # as much and find nothing better
    model: Any = LogisticRegression(C=strength, tol=1e-4, max_iter=20_000)
    return model.fit(np.asarray(x, np.float32), target, sample_weight=weight)


# ---- mix and calibration


def _mix(data: _Data, grams: Numbers, vector: Numbers) -> tuple[float, Numbers, tuple[float, float]]:
    """The vector's share that loses least, the mixed scores, and what each expert is multiplied by."""
    own = [_inverse_temperature(data, scores, data.judged) for scores in (grams, vector)]
    tried: list[tuple[float, float]] = []
    for share in SHARES:
        mixed = (1 - share) * own[0] * grams + share * own[1] * vector
        scale = _inverse_temperature(data, mixed, data.judged)
        tried.append((_loss(data.kind, mixed[data.judged] * scale, data.truth[data.judged]), share))
    share = min(tried)[1]
    scales = ((1 - share) * own[0], share * own[1])
    return share, scales[0] * grams + scales[1] * vector, scales


def _calibration(data: _Data, scores: Numbers, rows: Places | None = None) -> tuple[Numbers, Numbers]:
    """Slope and shift, (c,) each, that turn scores into logits.

    For one label: one slope for all, the inverse of the temperature (Guo et al. 2017). For many: one slope
    and shift a label (Platt 1999).
    """
    some = np.flatnonzero(data.judged) if rows is None else rows
    c = len(data.labels)
    if data.kind == "one":
        return np.full(c, _inverse_temperature(data, scores, some)), np.zeros(c)
    pairs = [_platt(scores[some, n], data.truth[some, n]) for n in range(c)]
    return np.array([slope for slope, _ in pairs]), np.array([shift for _, shift in pairs])


def _slopes(data: _Data, scores: Numbers) -> dict[Language, float]:
    """The inverse temperature of each language, where there are two with enough rows."""
    if data.kind == "many":
        return {}
    languages = np.array(data.languages)
    found: dict[Language, float] = {}
    for language in LANGUAGES:
        rows = np.flatnonzero(data.judged & (languages == language))
        if len(rows) >= FEWEST_OF_LANGUAGE:
            found[language] = _inverse_temperature(data, scores, rows)
    return found if len(found) > 1 else {}


def _inverse_temperature(data: _Data, scores: Numbers, rows: Any) -> float:
    """Golden-section search over its logarithm, which has one minimum."""

    def loss(log: float) -> float:
        return _loss(data.kind, scores[rows] * np.exp(log), data.truth[rows])

    low, high, ratio = -3.0, 5.0, (5**0.5 - 1) / 2
    for _ in range(40):
        a, b = high - ratio * (high - low), low + ratio * (high - low)
        low, high = (low, b) if loss(a) < loss(b) else (a, high)
    return float(np.exp((low + high) / 2))


def _platt(score: Numbers, target: Bools) -> tuple[float, float]:
    """Newton's method on the log-loss of smoothed targets."""
    positive, negative = int(target.sum()), int((~target).sum())
    aim = np.where(target, (positive + 1) / (positive + 2), 1 / (negative + 2))
    slope, shift = 1.0, float(np.log((positive + 1) / (negative + 1)))
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(slope * score + shift, -30, 30)))
        error, spread = p - aim, p * (1 - p) + 1e-12
        gradient = np.array([float(error @ score), float(error.sum())])
        a, b, d = float(spread @ score**2), float(spread @ score), float(spread.sum())
        step = np.linalg.solve(np.array([[a + 1e-6, b], [b, d + 1e-6]]), gradient)
        slope, shift = slope - float(np.clip(step[0], -5, 5)), shift - float(np.clip(step[1], -5, 5))
        if float(np.abs(step).max()) < 1e-9:
            break
    return max(slope, 1e-3), shift


def _probabilities(kind: Kind, logits: Numbers) -> Numbers:
    single = logits.astype(np.float32)
    return (softmax(single) if kind == "one" else sigmoid(single)).astype(np.float64)


def _loss(kind: Kind, logits: Numbers, truth: Bools) -> float:
    """Mean log-loss of a row (`one`) or of a row and label (`many`).

    The truth is smoothed as if one more row were wrong: few rows without an error do not make certainty.
    """
    p = np.maximum(_probabilities(kind, logits), 1e-9)
    doubt = 1 / (len(truth) + 2)
    if kind == "one":
        aim = np.where(truth, 1 - doubt, doubt / (truth.shape[1] - 1))
        return float(-(aim * np.log(p)).sum(axis=1).mean())
    aim = np.where(truth, 1 - doubt, doubt)
    return float(-(aim * np.log(p) + (1 - aim) * np.log(np.maximum(1 - p, 1e-9))).mean())


# ---- thresholds and metrics


def _thresholds(data: _Data, probabilities: Numbers, logits: Numbers, precision: float) -> Thresholds:
    judged = data.judged
    if data.kind == "many":
        limits = [
            _best_limit(probabilities[judged, n], data.truth[judged, n]) for n in range(len(data.labels))
        ]
        return Thresholds(per_label=tuple(limits))
    scope = _scope(logits[judged])
    p, truth = probabilities[judged], data.truth[judged]
    right = truth[np.arange(len(p)), p.argmax(axis=1)]
    two = np.sort(p, axis=1)[:, -2:]
    confidence, margin = two[:, 1], two[:, 1] - two[:, 0]
    options = [_limit(confidence, right, margin >= least, precision) for least in MARGINS]
    reached = [(n, *option) for n, option in enumerate(options) if option[1] >= precision]
    if reached:
        number, limit, _, _ = max(reached, key=lambda option: (option[3], -option[0]))
        return Thresholds(min_confidence=limit, min_margin=MARGINS[number], scope=scope)
    limit, got, _ = max(options, key=lambda option: option[1])
    data.warnings.append(
        f"a precision of {precision:.2f} was not reached, {got:.2f} is the best: give more rows a label"
    )
    number = next(n for n, option in enumerate(options) if option[1] == got)
    return Thresholds(min_confidence=limit, min_margin=MARGINS[number], scope=scope)


def _scope(logits: Numbers) -> float | None:
    """The familiarity that all but a STRANGE share of the rows reach."""
    if len(logits) < FEWEST_FAMILIAR:
        return None
    return round(float(np.quantile(familiarity(logits.astype(np.float32)), STRANGE)), 4)


def _limit(confidence: Numbers, right: Bools, allowed: Bools, precision: float) -> tuple[float, float, int]:
    """The least confidence that reaches the precision among `allowed`, what it reaches, on how many rows.

    Where nothing reaches it, the one that comes closest.
    """
    order = np.argsort(-confidence[allowed], kind="stable")
    if not len(order):
        return 1.0, 0.0, 0
    sorted_confidence = confidence[allowed][order]
    reached = np.cumsum(right[allowed][order]) / np.arange(1, len(order) + 1)
    fewest = min(FEWEST_ASSIGNED, len(order))
    good = np.flatnonzero(reached >= precision)
    good = good[good >= fewest - 1]
    at = int(good[-1]) if len(good) else fewest - 1 + int(np.argmax(reached[fewest - 1 :]))
    # halfway to the next row below, which was not good enough
    below = float(sorted_confidence[at + 1]) if at + 1 < len(order) else 0.0
    limit = (float(sorted_confidence[at]) + below) / 2 if at + 1 < len(order) else 0.0
    return round(limit, 6), float(reached[at]), at + 1


def _best_limit(probability: Numbers, target: Bools) -> float:
    """The probability from which the label's F1 is best, between 0.05 and 0.95."""
    if not target.any():
        return 0.5
    order = np.argsort(-probability, kind="stable")
    hits = np.cumsum(target[order])
    f1 = 2 * hits / (np.arange(1, len(order) + 1) + int(target.sum()))
    at = int(np.argmax(f1))
    below = float(probability[order[at + 1]]) if at + 1 < len(order) else 0.0
    return round(float(np.clip((float(probability[order[at]]) + below) / 2, 0.05, 0.95)), 6)


def _metrics(
    data: _Data, probabilities: Numbers, thresholds: Thresholds, chosen: dict[str, float]
) -> dict[str, Any]:
    judged = np.flatnonzero(data.judged)
    p = probabilities[judged]
    abstained: Bools
    if data.kind == "many":
        holds = p >= np.array(thresholds.per_label)
        abstained = np.logical_not(holds.any(axis=1))
    else:
        holds = p == p.max(axis=1, keepdims=True)
        two = np.sort(p, axis=1)[:, -2:]
        narrow = (two[:, 1] - two[:, 0]) < thresholds.min_margin
        abstained = np.logical_or(two[:, 1] < thresholds.min_confidence, narrow)
    rows = Judged(
        labels=data.labels,
        kind=data.kind,
        probabilities=p,
        holds=holds,
        abstained=abstained,
        truth=data.truth[judged],
        languages=tuple(data.languages[n] for n in judged),
    )
    return {**measure(rows), "rows": len(data.fold), "out_of_fold": True, **chosen}
