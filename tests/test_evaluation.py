"""Measures are what their names say, and a bad row is reported, skipped and counted."""

from pathlib import Path

import numpy as np
import pytest
from inline_snapshot import snapshot

from knowledge.embedding import DocumentFrequency, LexicalEmbedder, load_embedder
from knowledge.errors import InvalidInput, UnreadableFile
from knowledge.evaluation import (
    LabelledText,
    Queries,
    evaluate_labels,
    evaluate_retrieval,
    precedent_queries,
    read_queries,
)
from knowledge.figures import BINS, Judged, compare, measure
from knowledge.training import train_categories
from tests.conftest import SHARED

CORPUS = {
    "d1": "退款一直没有到账",
    "d2": "网速很慢经常断线",
    "d3": "the parcel came two weeks late",
    "d4": "the agent was rude on the phone",
}


def embedder() -> LexicalEmbedder:
    return LexicalEmbedder(DocumentFrequency.learn(CORPUS.values()))


def judged(probabilities: list[list[float]], truth: list[int], abstained: list[bool] | None = None) -> Judged:
    p = np.array(probabilities)
    labels = tuple("abc"[: p.shape[1]])
    said = np.zeros(p.shape, np.bool_)
    said[np.arange(len(p)), p.argmax(axis=1)] = True
    true = np.zeros(p.shape, np.bool_)
    true[np.arange(len(p)), truth] = True
    off = np.array(abstained or [False] * len(p), np.bool_)
    return Judged(labels, "one", p, said, off, true, ("zh", "en", *["en"] * (len(p) - 2)))


def test_the_figures_of_a_small_table_are_those_worked_out_by_hand() -> None:
    rows = judged([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.6, 0.4]], [0, 0, 1, 1], [False, False, False, True])
    assert measure(rows) == snapshot(
        {
            "n": 4,
            "accuracy": 0.75,
            "macro_f1": 0.7333,
            "ece": 0.3,
            "ece_by_chance": 0.345,
            "coverage_at_p90": 0.75,
            "abstained": 1,
            "assigned_precision": 1.0,
            "intervals": {"accuracy": [0.25, 1.0], "macro_f1": [0.2, 1.0]},
            "reliability": [
                {"from": 0.6, "to": 0.6667, "n": 1, "confidence": 0.6, "accuracy": 0.0},
                {"from": 0.6667, "to": 0.7333, "n": 1, "confidence": 0.7, "accuracy": 1.0},
                {"from": 0.8, "to": 0.8667, "n": 1, "confidence": 0.8, "accuracy": 1.0},
                {"from": 0.8667, "to": 0.9333, "n": 1, "confidence": 0.9, "accuracy": 1.0},
            ],
            "per_class": {
                "a": {"precision": 0.6667, "recall": 1.0, "f1": 0.8, "n": 2},
                "b": {"precision": 1.0, "recall": 0.5, "f1": 0.6667, "n": 2},
            },
            "per_language": {
                "en": {
                    "n": 3,
                    "accuracy": 0.6667,
                    "macro_f1": 0.6667,
                    "ece": 0.3667,
                    "ece_by_chance": 0.3833,
                    "coverage_at_p90": 0.6667,
                    "abstained": 1,
                    "assigned_precision": 1.0,
                },
                "zh": {
                    "n": 1,
                    "accuracy": 1.0,
                    "macro_f1": 1.0,
                    "ece": 0.1,
                    "ece_by_chance": 0.18,
                    "coverage_at_p90": 1.0,
                    "abstained": 0,
                    "assigned_precision": 1.0,
                },
            },
        }
    )


def test_a_perfectly_calibrated_head_has_no_calibration_error() -> None:
    rows = judged([[0.75, 0.25]] * 4, [0, 0, 0, 1])
    assert measure(rows)["ece"] == 0


def test_a_head_is_measured_on_labels_it_does_not_know_too() -> None:
    rows = [LabelledText(f"{text} {n}", (label,)) for n in "abc" for label, text in CORPUS.items()]
    head = train_categories(rows, embedder())
    report = evaluate_labels(head, embedder(), [*rows, LabelledText("something new", ("d9",), "en")])
    assert report["n"] == 13
    assert report["accuracy"] == pytest.approx(12 / 13, abs=1e-3)
    assert report["unknown_labels"] == ["d9"]
    assert report["per_class"]["d9"] == {"precision": 0.0, "recall": 0.0, "f1": 0.0, "n": 1}
    assert report["macro_f1"] < 1
    with pytest.raises(InvalidInput, match="no rows"):
        evaluate_labels(head, embedder(), [])


def test_search_is_measured_in_a_folder_of_its_own() -> None:
    queries = {"q1": "退款没有到账", "q2": "parcel two weeks late", "q3": "nobody judged this"}
    relevant = {"q1": {"d1": 1.0}, "q2": {"d3": 2.0, "d4": 1.0}, "q4": {"d1": 1.0}}
    report = evaluate_retrieval(Queries(CORPUS, queries, relevant), embedder())
    assert set(report) == {"dense", "lexical", "fused"}
    assert report["lexical"]["hit@1"] == report["dense"]["hit@1"] == report["fused"]["hit@10"] == 1.0
    assert report["fused"]["mrr@10"] == 1.0
    assert 0.8 < report["lexical"]["ndcg@10"] <= 1.0
    with pytest.raises(InvalidInput, match="check that the ids agree"):
        evaluate_retrieval(Queries(CORPUS, queries, {"q1": {"d77": 1.0}}), embedder())


def test_a_query_taken_from_the_corpus_does_not_find_itself() -> None:
    corpus = {"a": "parcel late again", "b": "parcel late", "c": "rude agent"}
    queries, relevant = {"q": corpus["a"]}, {"q": {"b": 1.0}}
    itself = evaluate_retrieval(Queries(corpus, queries, relevant), embedder())
    others = evaluate_retrieval(Queries(corpus, queries, relevant, {"q": "a"}), embedder())
    assert itself["fused"]["hit@1"] == 0.0
    assert others["fused"]["hit@1"] == 1.0


def test_a_retrieval_set_is_read_from_three_files(tmp_path: Path) -> None:
    (tmp_path / "c.jsonl").write_text(
        '{"id": "d1", "text": "a"}\n{"id": "d1", "text": "b"}\n{"id": 2, "text": "c"}\n'
    )
    (tmp_path / "q.jsonl").write_text('{"id": "q1", "text": "a", "self_doc": "d1"}\n{"text": "no id"}\n')
    (tmp_path / "r.jsonl").write_text(
        '{"qid": "q1", "docid": "d1", "rel": 1}\n{"qid": "q1", "docid": 2}\n'
        '{"qid": "q1", "docid": "d3", "rel": 0}\n{"qid": "q1", "rel": 1}\n'
        '{"qid": "q1", "docid": "d1", "rel": "much"}\n'
    )
    data, problems = read_queries(tmp_path / "c.jsonl", tmp_path / "q.jsonl", tmp_path / "r.jsonl")
    assert data == Queries({"d1": "a", "2": "c"}, {"q1": "a"}, {"q1": {"d1": 1.0, "2": 1.0}}, {"q1": "d1"})
    assert [problem.row for problem in problems] == [2, 2, 4, 5]


def test_a_missing_or_empty_file_is_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("")
    for name in ("empty.jsonl", "none.jsonl", "rows.docx"):
        with pytest.raises(UnreadableFile):
            read_queries(*[tmp_path / name] * 3)


def test_the_precedents_of_long_complaints_are_found_by_meaning_more_than_by_words() -> None:
    sets, shipped = precedent_queries(), load_embedder("redress")
    assert sum(len(data.queries) for data in sets.values()) >= 200
    for data in sets.values():
        assert set().union(*data.relevant.values()) <= set(data.corpus)
        assert all(len(text) > 400 for text in data.queries.values())
        assert all(max(map(len, (data.corpus[i] for i in ids))) > 400 for ids in data.relevant.values())
        report = evaluate_retrieval(data, shipped)
        better = max(report["dense"]["mrr@10"], report["lexical"]["mrr@10"])
        assert report["fused"]["mrr@10"] >= max(better - 0.01, 0.6)


@pytest.mark.shared
def test_support_questions_are_found_again() -> None:
    """A tenth of the queries, to stay quick."""
    folder = SHARED / "data" / "evaluate" / "retrieval_afqmc_zh"
    data, problems = read_queries(*(folder / f"{name}.jsonl" for name in ("corpus", "queries", "qrels")))
    assert problems == []
    some = {query: data.queries[query] for query in list(data.queries)[::10]}
    report = evaluate_retrieval(Queries(data.corpus, some, data.relevant), LexicalEmbedder.shipped())
    assert report["fused"]["hit@10"] > 0.2


def _judged(seed: int, skill: float, n: int = 200) -> Judged:
    """A head of three labels that is right with probability `skill`; the truth is that of every seed."""
    truth = np.random.default_rng(0).integers(0, 3, n)
    random = np.random.default_rng(seed)
    said = np.where(random.random(n) < skill, truth, (truth + 1 + random.integers(0, 2, n)) % 3)
    p = np.full((n, 3), 0.1)
    p[np.arange(n), said] = 0.8
    eye = np.eye(3, dtype=np.bool_)
    return Judged(("a", "b", "c"), "one", p, eye[said], np.zeros(n, np.bool_), eye[truth], ("en",) * n)


def test_intervals_hold_the_figure_and_narrow_with_more_rows() -> None:
    few, many = measure(_judged(1, 0.8, 100)), measure(_judged(1, 0.8, 3000))
    for name in ("accuracy", "macro_f1"):
        for report in (few, many):
            low, high = report["intervals"][name]
            assert low < report[name] < high
        assert np.diff(many["intervals"][name])[0] < np.diff(few["intervals"][name])[0] / 3
    # the binomial's own interval for the accuracy, by normal approximation
    low, high = many["intervals"]["accuracy"]
    assert (high - low) / 2 == pytest.approx(1.96 * (0.8 * 0.2 / 3000) ** 0.5, rel=0.15)
    assert measure(_judged(1, 0.8, 100)) == few, "the same rows give the same intervals"


def test_the_reliability_curve_says_where_confidence_and_truth_part() -> None:
    (only,) = measure(_judged(3, 0.6, 1000))["reliability"]
    assert only["confidence"] == pytest.approx(0.8)
    assert only["accuracy"] == pytest.approx(0.6, abs=0.05)
    assert only["n"] == 1000 and only["to"] - only["from"] == pytest.approx(1 / BINS, abs=1e-3)


def test_two_heads_are_compared_row_by_row() -> None:
    good, bad = _judged(1, 0.9), _judged(2, 0.6)
    ahead, behind = compare(good, bad), compare(bad, good)
    for name in ("accuracy", "macro_f1"):
        assert ahead[name]["difference"] == -behind[name]["difference"] > 0.15
        assert 0 < ahead[name]["low"] < ahead[name]["difference"] < ahead[name]["high"]
        assert ahead[name]["better"] > 0.99
    assert compare(good, good)["accuracy"] == {"difference": 0.0, "low": 0.0, "high": 0.0, "better": 0.5}
    with pytest.raises(InvalidInput, match="same rows"):
        compare(good, _judged(1, 0.9, 100))
