"""Makes the static embedder: dictionary, texts and teacher in, a folder of a model out.

texts and dictionary → vocabulary → first rows from the teacher → tuning on pairs → int8 rows on disk
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save
from tokenizers import Tokenizer

from knowledge.distill_dictionary import Dictionary, read_dictionary
from knowledge.distill_teacher import Teacher
from knowledge.distill_texts import TrainingTexts, read_dictionary_lines, read_training_texts
from knowledge.distill_tuning import Lessons, Pairs, tune
from knowledge.distill_vocabulary import Vocabulary, make_vocabulary
from knowledge.static_embedding import TOKENIZER, WEIGHTS, StaticEmbedder, write_checksums

DIMENSIONS: Final = 256
SEED: Final = 7
SIF: Final = 1e-3
"""A token of share p counts SIF / (SIF + p) (Arora et al. 2017): the frequent words say least."""
LONGEST: Final = 400
"""Tokens of a text that tuning reads."""

Numbers = NDArray[np.float32]
Ids = NDArray[np.int64]
Progress = Callable[[int, int], None]
"""Told how many of how many are done: first the teacher's texts, then the steps of tuning."""


@dataclass(frozen=True, slots=True, eq=False)
class _Space:
    """The teacher's directions that tell sentences apart, most telling first."""

    centre: Numbers
    """Shape (384,)."""
    axes: Numbers
    """Shape (384, DIMENSIONS)."""

    def meaning(self, vectors: Numbers) -> Numbers:
        """Unit vectors, shape (n, DIMENSIONS)."""
        return _normal(np.asarray((vectors - self.centre) @ self.axes, np.float32))


def distil(data: Path, out: Path, *, cache: Path, seed: int = SEED, progress: Progress | None = None) -> str:
    """Train a static embedder on `data`/ship and our sample corpus, write it to `out`; its name.

    `cache` keeps the teacher's vectors, which take most of the time.

    Raises:
        UnreadableFile: a training set is missing.
        ModelUnavailable: the teacher or the word list is not installed.
    """
    teacher = Teacher(cache)
    texts = read_training_texts(data, seed)
    dictionary = read_dictionary(read_dictionary_lines(data))
    spoken = list(dict.fromkeys([*texts.english, *(english for _, english in texts.pairs)]))
    vocabulary = make_vocabulary(dictionary, texts.chinese, spoken, teacher.pieces)
    glosses = _glosses(vocabulary, dictionary)
    everything = [*(t.text for t in vocabulary.tokens if not t.chinese), *glosses, *spoken]
    teacher.vectors(everything, progress)
    space = _space(teacher.vectors(spoken))
    rows = _first_rows(vocabulary, dictionary, teacher, space)
    lessons = _lessons(vocabulary, dictionary, texts, teacher, space)
    rows = tune(rows, lessons, seed=seed, progress=progress)
    write_model(out, vocabulary.tokenizer(), rows, vocabulary.mapping)
    return StaticEmbedder(out).name


def write_model(folder: Path, tokenizer: Tokenizer, rows: Numbers, mapping: Sequence[int]) -> None:
    """Write the folder: rows as int8 with a scale each, which sentence-transformers multiplies back."""
    folder.mkdir(parents=True, exist_ok=True)
    scale = np.abs(rows).max(axis=1) / 127
    small = np.rint(rows / np.where(scale > 0, scale, 1)[:, None]).astype(np.int8)
    place = np.asarray(mapping, np.int32)
    tensors: dict[str, Any] = {
        "embeddings": small,
        "mapping": place,
        "weights": scale.astype(np.float32)[place],
    }
    (folder / WEIGHTS).write_bytes(save(tensors))
    (folder / TOKENIZER).write_text(tokenizer.to_str(pretty=False), encoding="utf-8")
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.StaticEmbedding"},
        {"idx": 1, "name": "1", "path": "1_Normalize", "type": "sentence_transformers.models.Normalize"},
    ]
    config: dict[str, Any] = {"prompts": {}, "default_prompt_name": None, "similarity_fn_name": "cosine"}
    for name, value in (("modules.json", modules), ("config_sentence_transformers.json", config)):
        (folder / name).write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
    write_checksums(folder)


def _glosses(vocabulary: Vocabulary, dictionary: Dictionary) -> list[str]:
    """The distinct meanings of the Chinese tokens."""
    words = (token.text for token in vocabulary.tokens if token.chinese)
    return list(dict.fromkeys(gloss.text for word in words for gloss in dictionary.glosses.get(word, [])))


def _space(vectors: Numbers) -> _Space:
    centre = vectors.mean(axis=0)
    spread = np.cov((vectors - centre).T)
    _, axes = np.linalg.eigh(spread)  # ascending
    return _Space(centre, np.ascontiguousarray(axes[:, ::-1][:, :DIMENSIONS], np.float32))


def _first_rows(vocabulary: Vocabulary, dictionary: Dictionary, teacher: Teacher, space: _Space) -> Numbers:
    """The teacher's vector of an English token or of a Chinese word's meanings, centred per language."""
    tokens = vocabulary.tokens
    place = {token.text: n for n, token in enumerate(tokens)}
    raw = np.zeros((len(tokens), space.axes.shape[0]), np.float32)
    known = np.zeros(len(tokens), np.bool_)
    chinese = np.array([token.chinese for token in tokens])
    raw[~chinese] = teacher.vectors([token.text for token in tokens if not token.chinese])
    known[~chinese] = True
    for word in (token.text for token in tokens if token.chinese):
        if meanings := dictionary.glosses.get(word):
            weights = np.array([gloss.weight for gloss in meanings], np.float32)
            raw[place[word]] = weights @ teacher.vectors([gloss.text for gloss in meanings]) / weights.sum()
            known[place[word]] = True
    for language in (chinese & known, ~chinese):
        raw[language] -= raw[language].mean(axis=0)
    for n in np.flatnonzero(~known):  # a word without a meaning is its characters
        raw[n] = np.mean([raw[place[c]] for c in tokens[n].text if c in place] or [raw[n]], axis=0)
    weight = np.array([SIF / (SIF + token.share) for token in tokens], np.float32)
    rows = (raw @ space.axes) * weight[:, None]
    return np.concatenate((np.zeros((1, DIMENSIONS), np.float32), rows.astype(np.float32)))


def _lessons(
    vocabulary: Vocabulary, dictionary: Dictionary, texts: TrainingTexts, teacher: Teacher, space: _Space
) -> Lessons:
    reader = _Reader(vocabulary)
    row = vocabulary.rows
    words = [
        (token.text, gloss.text)
        for token in vocabulary.tokens
        if token.chinese
        for gloss in dictionary.glosses.get(token.text, [])
    ]
    own = [complaint for complaint, _ in texts.cases], [reply for _, reply in texts.cases]
    return Lessons(
        sentences=_pairs(reader, teacher, space, texts.pairs),
        words=_pairs(reader, teacher, space, words),
        texts=_pairs(reader, teacher, space, [(text, text) for text in texts.english]),
        cases=Pairs(reader(own[0]), reader(own[1]), np.empty((0, DIMENSIONS), np.float32)),
        characters={
            row[token.text]: np.array([row[c] for c in token.text if c in row], np.int64)
            for token in vocabulary.tokens
            if token.chinese and len(token.text) > 1 and any(c in row for c in token.text)
        },
    )


def _pairs(reader: "_Reader", teacher: Teacher, space: _Space, pairs: Sequence[tuple[str, str]]) -> Pairs:
    """The pairs both of whose texts have tokens, with the teacher's opinion of the second."""
    left, right = reader([one for one, _ in pairs]), reader([other for _, other in pairs])
    kept = [n for n in range(len(pairs)) if len(left[n]) and len(right[n])]
    meaning = space.meaning(teacher.vectors([pairs[n][1] for n in kept]))
    return Pairs([left[n] for n in kept], [right[n] for n in kept], meaning)


class _Reader:
    """Texts as rows of the model, the unknown left out."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._tokenizer: Final = vocabulary.tokenizer()
        self._mapping: Final = np.array(vocabulary.mapping, np.int64)

    def __call__(self, texts: Sequence[str]) -> list[Ids]:
        found = [
            self._mapping[each.ids[:LONGEST]]
            for each in self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        ]
        return [ids[ids > 0] for ids in found]


def _normal(rows: Numbers) -> Numbers:
    return (rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)).astype(np.float32)
