import pytest
from hypothesis import given, strategies as st

from bot.draft.manuscript import Manuscript, Preview, plain_text, read_manuscript


@pytest.mark.parametrize(
    ("written", "sources"),
    [
        ("Dear customer,\n\nSOURCES: en-fees#1, en-fees#2", ("en-fees#1", "en-fees#2")),
        ("Dear customer,\r\nsources：`en-fees#1`；[en-fees#1]、en-fees#2.", ("en-fees#1", "en-fees#2")),
        ("Dear customer,\n**SOURCES:** none", ()),
        ("Dear customer,\nSOURCES: None of the sources.", ()),
        ("Dear customer,\nSOURCES:", ()),
        ("Dear customer,\n来源：无", ()),
        ("Dear customer,", ()),
        ("Dear customer,\nSOURCES: a\nSOURCES: en-fees#1\nand a word after it", ("en-fees#1",)),
    ],
)
def test_the_last_line_names_the_sources(written: str, sources: tuple[str, ...]) -> None:
    manuscript = read_manuscript(written)
    assert manuscript.sources == sources
    assert manuscript.text.startswith("Dear customer,")
    assert "en-fees" not in manuscript.text


def test_a_sentence_about_sources_is_no_line_of_sources() -> None:
    text = "Sources of error are checked.\nWe name our sources: none is secret."
    assert read_manuscript(text) == Manuscript(text, ())


def test_nothing_before_the_line_of_sources_is_an_empty_reply() -> None:
    assert read_manuscript("SOURCES: none\nDear customer") == Manuscript("", ())


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("## Your complaint\n\n\n\nWe **looked** into `it`.  ", "Your complaint\n\nWe looked into it."),
        ("- one\n* two\n• three\n> four\n---", "one\ntwo\nthree\nfour"),
        ("```text\n*Dear* customer\n```", "Dear customer"),
        ("see [our page](https://evil.example)", "see our page (https://evil.example)"),
        ("![x](https://evil.example/a.png)", "x (https://evil.example/a.png)"),
        ("card ****1234 and 2 * 3 * 4, snake_case", "card ****1234 and 2 * 3 * 4, snake_case"),
        ("__金额__为**300元**。", "金额为300元。"),
    ],
)
def test_markdown_is_taken_off_and_addresses_stay_in_sight(written: str, plain: str) -> None:
    assert plain_text(written) == plain


def previewed(*pieces: str) -> str:
    preview = Preview()
    return "".join(preview.feed(piece) for piece in pieces)


@pytest.mark.parametrize("mark", ["SOURCES: a", "**Sources**: a", "sources： a\nb"])
def test_the_line_of_sources_is_not_previewed(mark: str) -> None:
    assert previewed("Dear ", f"customer,\n{mark}") == "Dear customer,\n"
    assert previewed(*f"Dear customer,\n{mark}") == "Dear customer,\n"


def test_a_line_that_only_begins_like_it_is_previewed() -> None:
    text = "So it is.\nSource of it\nSources are checked\n"
    assert previewed(text) == text
    assert previewed(*text) == text


lines = st.lists(
    st.sampled_from(
        ["Dear customer,", "SOURCES", "Sources:", "so", " - ", "\n", "**", "尊敬的客户：", ": a#1"]
    ),
    max_size=12,
)


@given(lines, st.integers(1, 5))
def test_a_preview_is_the_same_however_it_is_cut(pieces: list[str], size: int) -> None:
    text = "".join(pieces)
    assert previewed(text) == previewed(*(text[at : at + size] for at in range(0, len(text), size)))
    assert text.startswith(previewed(text))


@given(st.text(max_size=80))
def test_no_text_makes_the_reading_raise(text: str) -> None:
    manuscript = read_manuscript(text)
    assert manuscript.text == manuscript.text.strip()
