"""Hybrid search: both rankings count, filters never starve an answer, replaced policy is never first."""

from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from bot.database import Database
from knowledge.article import Article
from knowledge.case import Case
from knowledge.search import WINDOW, CaseFilter, PassageFilter, Preference, fuse, trust_in_words
from tests.memories import ARTICLES, CASES, TODAY, memory


def test_fusion_rewards_agreement() -> None:
    hits = fuse([("a", 0.9), ("b", 0.8), ("c", 0.7)], [("c", 12.0), ("a", 11.0), ("d", 8.0)], 50)
    assert [hit.id for hit in hits] == ["a", "c", "b", "d"]
    assert [hit.via for hit in hits] == [("dense", "lexical"), ("dense", "lexical"), ("dense",), ("lexical",)]
    assert hits[3].similarity == 0.0


def test_the_ranking_that_tells_its_items_apart_decides() -> None:
    flat = [(f"f{n}", 0.5 - n / 1000) for n in range(10)]
    sharp = [("right", 30.0), *((f"w{n}", 5 - n / 10) for n in range(9))]
    assert fuse(flat, sharp, 10)[0].id == "right"
    assert fuse([("right", 0.9), *flat[1:]], [(f"w{n}", 5 - n / 10) for n in range(10)], 10)[0].id == "right"


def test_a_storys_words_count_less_than_its_meaning_and_a_questions_as_much() -> None:
    near = [("meant", 0.9), *((f"f{n}", 0.5 - n / 1000) for n in range(9))]
    words = [("worded", 30.0), *((f"w{n}", 5 - n / 10) for n in range(9))]
    question, story = "how do I get my money back", " ".join(f"word{n}" for n in range(96))
    assert trust_in_words(question) == trust_in_words("") == 1
    assert trust_in_words(story) == 0.25
    assert fuse(near, words, 10, trust_in_words(story))[0].id == "meant"
    weighed = fuse(near, words, 10, 0.25, 3, lambda i: 1000.0 if i == "w0" else 1.0)
    assert [hit.id for hit in weighed][:2] == ["w0", "meant"]
    assert len(weighed) == 3


SCORED = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0, 30, allow_subnormal=False), max_size=8)


@given(SCORED, SCORED, st.integers(1, 8), st.sampled_from((0.5, 2.0, 8.0)))
def test_fusion_keeps_everything_once_and_no_unit_of_scores_matters(
    dense: dict[str, float], lexical: dict[str, float], window: int, unit: float
) -> None:
    def ranked(found: dict[str, float], times: float = 1.0) -> list[tuple[str, float]]:
        ordered = sorted(found.items(), key=lambda item: (-item[1], item[0]))
        return [(i, score * times) for i, score in ordered][:window]

    near, words = ranked(dense), ranked(lexical)
    hits = fuse(near, words, window)
    assert sorted(hit.id for hit in hits) == sorted({i for i, _ in (*near, *words)})
    assert all(one.score >= other.score >= 0 for one, other in pairwise(hits))
    for hit in hits:
        again = next(one for one in fuse(near, ranked(lexical, unit), window) if one.id == hit.id)
        assert again.score == pytest.approx(hit.score, rel=1e-4, abs=1e-3)


def test_a_match_says_how_it_was_found_and_how_similar_it_is(
    sqlite_database: Database, tmp_path: Path
) -> None:
    with memory(sqlite_database, tmp_path / "index") as m:
        m.store.put_cases("a", CASES)
        m.index.catch_up()
        question = m.search.question("a", "退款没有到账", TODAY)
        best = m.search.cases(question, 3)[0]
        assert best.id == "zh-3"
        assert best.via == ("dense", "lexical")
        exact = float(m.embedder.embed_query(best.case.text) @ question.vector)
        assert best.similarity == pytest.approx(exact, abs=1e-5)


def test_replaced_policy_is_never_first(sqlite_database: Database, tmp_path: Path) -> None:
    with memory(sqlite_database, tmp_path / "index") as m:
        m.store.put_articles("a", ARTICLES)
        m.store.put_cases("a", CASES)
        m.index.catch_up()
        question = m.search.question("a", "the annual card fee is 20 pounds, a waiver lasts one year", TODAY)
        _, passages = m.search.recall(question, 5, 3)
        assert passages[0].article.id == "p-new"
        assert not passages[0].superseded
        everything = m.search.passages(question, 10)
        assert [match.superseded for match in everything] == sorted(m.superseded for m in everything)
        assert {match.article.id for match in everything if match.superseded} == {"p-old"}
        in_force = m.search.passages(question, 10, PassageFilter(in_force_only=True))
        assert "p-old" not in {match.article.id for match in in_force}
        cases = m.search.cases(m.search.question("a", "annual fee waived", TODAY), 8)
        assert {match.id: match.superseded for match in cases if match.case.policy} == {
            "en-1": True,
            "zh-1": False,
        }
        yesterday = m.search.question("a", "annual card fee", date(2025, 6, 1))
        assert m.search.passages(yesterday, 1)[0].article.id == "p-old"


def test_over_fetching_finds_everything_a_filter_lets_through(
    sqlite_database: Database, tmp_path: Path
) -> None:
    """A filter that only the least similar cases pass still gets its answer: the same as looking at all."""
    with memory(sqlite_database, tmp_path / "index") as m:
        rng = np.random.default_rng(7)
        vocabulary = ["年费", "退款", "宽带", "快递", "保险", "航班", "酒店", "电费", "催收", "贷款"]
        cases = [
            Case(
                id=f"{n:04d}",
                language="zh",
                text=" ".join(rng.choice(vocabulary, 6)),
                category="safety" if n % 97 == 0 else "delay",
                outcome="rejected" if n % 5 == 0 else "upheld",
            )
            for n in range(600)
        ]
        m.store.put_cases("a", cases)
        m.index.catch_up()
        question = m.search.question("a", "年费 退款 宽带", TODAY)
        for where in (
            CaseFilter(category="safety"),
            CaseFilter(outcome="rejected"),
            CaseFilter(language="en"),
        ):
            allowed = {case.id for case in cases if where.accepts(case)}
            got = m.search.cases(question, 5, where)
            assert len(got) == min(5, len(allowed))
            assert {match.id for match in got} <= allowed
            dense = m.index.dense("a", "case", question.vector, 600)
            lexical = m.index.lexical("a", "case", question.text, 600)
            near, words = ([hit for hit in hits if hit[0] in allowed][:WINDOW] for hits in (dense, lexical))
            assert [match.id for match in got] == [
                hit.id for hit in fuse(near, words, WINDOW, trust_in_words(question.text))
            ][:5]


def test_what_the_complaint_is_about_moves_items_up_and_shuts_none_out(
    sqlite_database: Database, tmp_path: Path
) -> None:
    texts = ("扣费不明白", "扣费说不清", "扣费没道理", "扣费太离谱")
    with memory(sqlite_database, tmp_path / "index") as m:
        m.store.put_cases(
            "a",
            [
                Case(id=str(n), language="zh", text=text, industry="banking" if n == 3 else "utilities")
                for n, text in enumerate(texts)
            ],
        )
        m.index.catch_up()
        question = m.search.question("a", "扣费", TODAY)
        plain, _ = m.search.recall(question, 4, 1)
        preferred, _ = m.search.recall(question, 4, 1, Preference("banking"))
        assert plain[0].id != "3"
        assert preferred[0].id == "3"
        same = m.search.question("a", texts[0], TODAY)
        assert m.search.recall(same, 4, 1, Preference("banking"))[0][0].id == "0", "the very words win"
        assert {match.id for match in preferred} == {match.id for match in plain}


def test_a_policy_of_another_industry_stands_behind_one_of_the_complaints_own(
    sqlite_database: Database, tmp_path: Path
) -> None:
    def article(i: str, industry: str, words: str) -> Article:
        return Article(id=i, language="zh", title="收费标准", industry=industry, text=words)

    with memory(sqlite_database, tmp_path / "index") as m:
        m.store.put_articles(
            "a",
            [article("t", "telecom", "扣费不明白的，退还扣费。"), article("b", "banking", "扣费可以查询。")],
        )
        m.index.catch_up()
        question = m.search.question("a", "扣费不明白", TODAY)
        _, plain = m.search.recall(question, 1, 2)
        _, preferred = m.search.recall(question, 1, 2, Preference("banking"))
        assert [match.article.id for match in plain] == ["t", "b"]
        assert [match.article.id for match in preferred] == ["b", "t"]
        # what an article is about is remembered, and asked again when the index knows another version
        m.store.put_articles("a", [article("b", "utilities", "扣费可以查询。")])
        m.index.catch_up()
        _, preferred = m.search.recall(question, 1, 2, Preference("banking"))
        assert [match.article.id for match in preferred] == ["t", "b"]


def test_another_tenant_finds_nothing(database: Database, tmp_path: Path) -> None:
    with memory(database, tmp_path / "index") as m:
        m.store.put_cases("a", CASES)
        m.store.put_articles("a", ARTICLES)
        m.index.catch_up()
        for text in ("退款", "refund", "annual fee"):
            cases, passages = m.search.recall(m.search.question("b", text, TODAY), 5, 3)
            assert (cases, passages) == ([], [])


def test_what_sql_no_longer_has_is_not_shown_though_the_index_still_has_it(
    sqlite_database: Database, tmp_path: Path
) -> None:
    with memory(sqlite_database, tmp_path / "index") as m:
        m.store.put_cases("a", CASES)
        m.index.catch_up()
        m.store.delete_case("a", "zh-3")
        cases, _ = m.search.recall(m.search.question("a", "退款没有到账", TODAY), 5, 3)
        assert len(cases) == 5
        assert "zh-3" not in {match.id for match in cases}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=200))
def test_any_text_can_be_searched_for(sqlite_database: Database, tmp_path: Path, text: str) -> None:
    with memory(sqlite_database, tmp_path / "index") as m:
        m.store.put_cases("a", CASES)
        m.index.catch_up()
        cases, _ = m.search.recall(m.search.question("a", text, TODAY), 5, 3)
        assert all(0 <= match.similarity <= 1 for match in cases)


def test_a_chain_of_policies_leaves_only_the_last_in_force(sqlite_database: Database, tmp_path: Path) -> None:
    first = ARTICLES[0].model_copy(update={"id": "v1", "valid_to": None})
    second = ARTICLES[0].model_copy(update={"id": "v2", "supersedes": "v1", "valid_to": date(2023, 12, 31)})
    third = ARTICLES[1].model_copy(update={"id": "v3", "supersedes": "v2", "valid_from": date(2024, 1, 1)})
    with memory(sqlite_database, tmp_path / "index") as m:
        m.store.put_articles("a", [first, second, third])
        assert m.store.superseded("a", date(2025, 6, 1)) == {"v1", "v2"}
