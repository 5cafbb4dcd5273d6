"""Many complaints in one run: answers in order, bad lines named by number, bounded work in hand."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from inline_snapshot import snapshot

from bot.cli.batch import BadLine, Consider, complaint_from, judge
from bot.complaint import ComplaintIn, CustomerRef
from bot.errors import StorageUnavailable, TextMissing

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
)


async def echo(complaint: ComplaintIn, complaint_id: str) -> dict[str, Any]:
    """Judges nothing: says what it was given."""
    text = complaint.all_turns()[0].text
    if not text.strip():
        raise TextMissing
    return {"id": "sug_1", "complaint_id": complaint_id, "text": text}


def judged(
    lines: list[str | None], consider: Consider = echo, at_once: int = 4
) -> tuple[list[dict[str, Any]], int]:
    out: list[dict[str, Any]] = []
    numbered = iter(list(enumerate(lines, start=1)))
    answered, failed = asyncio.run(judge(numbered, consider, at_once=at_once, write=out.append))
    assert answered == len(out)
    return out, failed


class TestLines:
    def test_a_bad_line_is_an_error_with_its_number_and_the_rest_goes_on(self) -> None:
        out, failed = judged(
            [
                '{"id": "a", "text": "no reply"}',
                '{"id": "b", "text": "no repl',
                "",
                '["no reply"]',
                '{"id": "e", "text": "  "}',
                '{"id": "f"}',
                '{"id": "g", "text": "x", "turns": [{"text": "y"}]}',
                '{"id": 8, "text": "x", "customer": {"kind": "email"}}',
                '{"id": "i", "text": NaN}',
                None,
                '{"id": "k", "text": "caf\udce9"}',
                "   \n",
                '{"id": "m", "text": "no refund"}',
            ]
        )
        assert failed == 9
        assert [line["id"] for line in out] == ["a", "b", None, "e", "f", "g", 8, "i", None, "k", "m"]
        assert [line["error"] for line in out if "error" in line] == snapshot(
            [
                {
                    "line": 2,
                    "code": "bad_json",
                    "detail": "the line is no JSON: Unterminated string starting at column 21",
                },
                {
                    "line": 4,
                    "code": "bad_json",
                    "detail": 'the line is no JSON object: write {"id": …, "text": …}',
                },
                {
                    "line": 5,
                    "code": "text_missing",
                    "detail": "the complaint has no text: send at least one turn with a visible character",
                },
                {"line": 6, "code": "invalid", "detail": "give either text or turns, and not both"},
                {"line": 7, "code": "invalid", "detail": "give either text or turns, and not both"},
                {
                    "line": 8,
                    "code": "invalid",
                    "detail": "customer.value: Field required",
                },
                {"line": 9, "code": "bad_json", "detail": "the line is no JSON: NaN is no JSON number"},
                {"line": 10, "code": "too_long", "detail": "the line has more than 8000000 characters"},
                {"line": 11, "code": "bad_encoding", "detail": "the line is not UTF-8"},
            ]
        )

    def test_the_error_of_a_line_never_quotes_it(self) -> None:
        secrets = [
            '{"id": "1", "text": {"secret": 1}}',
            '{"id": "2", "text": secret}',
            '{"text": "x", "channel": "secret!"}',
        ]
        out, failed = judged(list(secrets))
        assert failed == 3
        assert "secret" not in json.dumps(out)

    def test_whatever_happens_to_one_line_the_others_are_answered(self) -> None:
        async def fragile(complaint: ComplaintIn, complaint_id: str) -> dict[str, Any]:
            if complaint.text == "disk":
                raise StorageUnavailable("the disk is full")
            if complaint.text == "bug":
                raise RuntimeError("words of the customer")
            return await echo(complaint, complaint_id)

        out, _ = judged([json.dumps({"id": t, "text": t}) for t in ("disk", "bug", "fine")], fragile)
        assert [line.get("error") for line in out] == snapshot(
            [
                {"line": 1, "code": "storage_unavailable", "detail": "the disk is full"},
                {"line": 2, "code": "failed", "detail": "RuntimeError while judging it"},
                None,
            ]
        )

    def test_a_line_with_an_id_keeps_it_whatever_its_type(self) -> None:
        out, _ = judged(['{"id": 7, "text": "x"}', '{"id": "七", "text": "x"}', '{"text": "x"}'])
        assert [(line["id"], line["complaint_id"]) for line in out] == [(7, "7"), ("七", "七"), ("sug_1", "")]

    def test_what_a_line_says_beside_the_complaint_is_passed_over(self) -> None:
        row = {"text": "x", "label": "delay", "lang": "zh-CN", "customer": "C-9", "note": None}
        assert complaint_from(row) == ComplaintIn(text="x", language="zh", customer=CustomerRef(value="C-9"))

    def test_another_language_than_ours_is_found_out_from_the_words(self) -> None:
        assert complaint_from({"text": "x", "lang": "fr"}).language is None

    def test_turns_may_be_plain_strings(self) -> None:
        complaint = complaint_from({"turns": ["a", {"speaker": "agent", "text": "b"}]})
        assert [(turn.speaker, turn.text) for turn in complaint.turns] == [("customer", "a"), ("agent", "b")]

    @given(st.dictionaries(st.sampled_from(["text", "turns", "lang", "channel", "customer", "id"]), JSON))
    @settings(max_examples=200)
    def test_any_object_is_a_complaint_or_a_bad_line(self, row: dict[str, Any]) -> None:
        try:
            assert complaint_from(row).all_turns()
        except BadLine as bad:
            assert bad.code == "invalid" and bad.detail  # noqa: PT017  # it may also be a complaint


class TestOrder:
    def test_answers_come_in_the_order_of_the_lines_however_long_each_takes(self) -> None:
        async def uneven(complaint: ComplaintIn, complaint_id: str) -> dict[str, Any]:
            await asyncio.sleep(0.02 if int(complaint_id) % 3 == 0 else 0)
            return await echo(complaint, complaint_id)

        out, _ = judged([json.dumps({"id": n, "text": "x"}) for n in range(40)], uneven)
        assert [line["id"] for line in out] == list(range(40))

    def test_no_more_than_so_many_lines_are_read_ahead_of_the_answers(self) -> None:
        read = answered = 0
        ahead: list[int] = []

        def lines() -> Iterator[tuple[int, str | None]]:
            nonlocal read
            for n in range(1, 101):
                read += 1
                ahead.append(read - answered)
                yield n, '{"text": "x"}'

        def write(_line: dict[str, Any]) -> None:
            nonlocal answered
            answered += 1

        assert asyncio.run(judge(lines(), echo, at_once=5, write=write)) == (100, 0)
        assert max(ahead) <= 6

    def test_several_are_judged_at_once(self) -> None:
        at_work = most = 0

        async def slow(complaint: ComplaintIn, complaint_id: str) -> dict[str, Any]:
            nonlocal at_work, most
            at_work += 1
            most = max(most, at_work)
            await asyncio.sleep(0.01)
            at_work -= 1
            return await echo(complaint, complaint_id)

        judged(['{"text": "x"}'] * 20, slow, at_once=4)
        assert most == 4

    def test_a_reader_that_breaks_ends_the_run_with_its_error(self) -> None:
        def broken() -> Iterator[tuple[int, str | None]]:
            yield 1, '{"text": "x"}'
            raise OSError("the disk is gone")

        out: list[dict[str, Any]] = []
        with pytest.raises(OSError, match="gone"):
            asyncio.run(judge(broken(), echo, at_once=2, write=out.append))
        assert len(out) == 1
