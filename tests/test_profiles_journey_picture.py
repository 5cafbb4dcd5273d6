"""The pictures of journeys: well-formed, safe, readable, and nothing outside or on top of other text."""

import re
from datetime import UTC, date, datetime, timedelta
from itertools import combinations, pairwise
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings, strategies as st

from profiles.event import EVENT_KINDS, Event
from profiles.fact import Language
from profiles.journey import journey
from profiles.journey_marks import MOST_MARKS, lanes_of, marks_of, rows_of
from profiles.journey_paths import common_paths
from profiles.journey_paths_picture import paths_picture
from profiles.journey_picture import journey_picture
from profiles.journey_scale import SIZE, Scale, in_days
from profiles.journey_text import fitted, safe, width

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
TODAY = date(2026, 6, 30)
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "</text><script>alert(1)</script>&\"'\x01\ufffe]]>"


def event(number: int, kind: str, days: float = 0, **more: Any) -> Event:
    base = {"id": f"e{number}", "kind": kind, "at": NOON + timedelta(days=days), "source": "crm"}
    return Event.model_validate({**base, **more})


ANY_EVENT = st.builds(
    event,
    st.integers(0, 10**6),
    st.sampled_from(EVENT_KINDS),
    st.one_of(st.floats(-1500, 170), st.integers(-3, 3), st.floats(-0.1, 0.1)),
    channel=st.sampled_from((None, "phone", "web", "regulator", "a" * 60, "m.w-m_w", "x", "y", "z")),
    category=st.sampled_from((None, HOSTILE)),
    case=st.sampled_from((None, "c1", "c2", "c3", HOSTILE)),
    emotion=st.sampled_from((None, "anger", "neutral", "gratitude", "sadness")),
    intensity=st.integers(0, 4),
    outcome=st.sampled_from((None, "upheld", HOSTILE, "成立" * 20)),
    transfers=st.integers(0, 3),
)
EVENTS = st.lists(ANY_EVENT, max_size=60)
LANGUAGES = st.sampled_from(("zh", "en"))


class Box:
    """Where a line of text lies."""

    def __init__(self, text: ET.Element) -> None:
        self.words = "".join(text.itertext())
        size = float(text.attrib["font-size"])
        bold = text.attrib["class"] in {"heading", "on", "flagged"}
        wide = width(self.words, size, bold=bold)
        back = {"start": 0, "middle": wide / 2, "end": wide}[text.attrib["text-anchor"]]
        self.left, self.right = float(text.attrib["x"]) - back, float(text.attrib["x"]) - back + wide
        self.top, self.bottom = float(text.attrib["y"]) - size * 0.78, float(text.attrib["y"]) + size * 0.2

    def touches(self, other: "Box") -> bool:
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom


def boxes(svg: str) -> list[Box]:
    return [Box(text) for text in ET.fromstring(svg).iter(f"{SVG}text")]


def check(svg: str) -> None:
    root = ET.fromstring(svg)
    left, top, wide, high = map(float, root.attrib["viewBox"].split())
    found = boxes(svg)
    for box in found:
        assert left <= box.left, box.words
        assert box.right <= wide, box.words
        assert top <= box.top, box.words
        assert box.bottom <= high, box.words
    for one, other in combinations(found, 2):
        assert not one.touches(other), (one.words, other.words)
    assert root.attrib["role"] == "img"
    named = root.attrib["aria-labelledby"].split()
    assert [root.find(f"{SVG}title"), root.find(f"{SVG}desc")] == [_by_id(root, name) for name in named]
    assert not list(root.iter(f"{SVG}script"))
    assert "http" not in svg.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"nan|inf\b", re.sub(r">[^<]*<", "><", svg).split("</style>", 1)[1])


def _by_id(root: ET.Element, name: str) -> ET.Element | None:
    return next((element for element in root.iter() if element.get("id") == name), None)


@given(EVENTS, LANGUAGES)
@settings(max_examples=120)
def test_any_journey_is_a_well_formed_picture_with_all_text_inside_and_none_on_top(
    events: list[Event], language: Language
) -> None:
    check(journey_picture(journey(events, today=TODAY, language=language)))


@given(st.lists(EVENTS, max_size=6), LANGUAGES, st.integers(1, 2))
@settings(max_examples=50)
def test_any_paths_are_a_well_formed_picture(
    customers: list[list[Event]], language: Language, k: int
) -> None:
    check(paths_picture(common_paths(customers, today=TODAY, k=k), language))


@given(EVENTS)
@settings(max_examples=80)
def test_marks_are_few_show_every_event_and_never_touch(events: list[Event]) -> None:
    made = journey(events, today=TODAY, language="en")
    if not made.steps:
        return
    scale = Scale([step.begin for step in made.steps] + [step.end for step in made.steps], 178, 1146)
    marks = marks_of(made, scale, lanes_of(made))
    assert len(marks) <= MOST_MARKS
    assert sum(mark.count for mark in marks) == sum(step.count for step in made.steps)
    for lane in lanes_of(made):
        own = sorted((mark.left, mark.right) for mark in marks if mark.lane == lane)
        assert all(before[1] <= after[0] for before, after in pairwise(own))


def test_nothing_is_a_picture_that_says_so() -> None:
    svg = journey_picture(journey([], today=TODAY, language="zh"))
    check(svg)
    assert "还没有任何记录" in svg
    empty = paths_picture(common_paths([], today=TODAY), "en")
    check(empty)
    assert "no complaints to show yet" in empty


def test_the_picture_tells_the_story() -> None:
    phone = {"channel": "phone", "case": "c"}
    events = [
        event(1, "complaint", 0, **phone, emotion="anger", intensity=2),
        event(2, "promise", 1, case="c"),
        event(3, "broken", 9, case="c"),
        event(4, "turn", 10, **phone, emotion="anger", intensity=4),
        event(5, "closed", 12, case="c", outcome=HOSTILE),
        event(6, "visit", 170, channel="app"),
    ]
    svg = journey_picture(journey(events, today=TODAY, language="en"))
    check(svg)
    words = {box.words for box in boxes(svg)}
    assert {"promise not kept", "feeling worse by 2 degrees", "phone", "app", "our side", "today"} <= words
    assert {"anger", "promise → not kept", "silence", "time compressed"} <= words
    tips = [text for element in ET.fromstring(svg).iter(f"{SVG}title") if (text := element.text)]
    assert "2026-01-11 follow-up (phone), anger 4 of 4" in tips
    assert any("closed: </text><script>" in tip for tip in tips)
    assert "<script" not in svg
    assert "prefers-color-scheme:dark" in svg


def test_pictures_on_one_page_do_not_share_names() -> None:
    one, other = (
        journey_picture(journey([event(1, kind)], today=TODAY, language="en")) for kind in ("call", "visit")
    )
    ids = [set(re.findall(r'id="([^"]+)"', svg)) for svg in (one, other)]
    assert not ids[0] & ids[1]
    assert all(name in one for name in re.findall(r"url\(#([^)]+)\)", one))


def test_ten_thousand_events_are_a_small_picture() -> None:
    events = [
        event(
            number, EVENT_KINDS[number % 16], -(number % 911), channel="phone", emotion="anger", intensity=2
        )
        for number in range(10_000)
    ]
    made = journey(events, today=TODAY, language="zh")
    svg = journey_picture(made)
    assert len(svg) < 200_000
    check(svg)


@given(st.lists(st.one_of(st.floats(-739_000, 2_900_000), st.floats(-100, 100)), min_size=1))
def test_time_only_goes_right_and_its_labels_never_touch(days: list[float]) -> None:
    moments = [NOON + timedelta(days=day) for day in days]
    scale = Scale(moments, 100, 1100)
    places = [scale.x(moment) for moment in sorted(moments)]
    assert all(100 <= place <= 1100 for place in places)
    assert places == sorted(places)
    assert scale.pieces[0].left == 100
    assert scale.pieces[-1].right == pytest.approx(1100)
    ticks = scale.ticks("en")
    assert ticks
    for before, after in pairwise(ticks):
        assert before.x + width(before.above, SIZE) / 2 < after.x - width(after.above, SIZE) / 2


def test_long_gaps_are_folded_and_ordinary_ones_are_not() -> None:
    def folds(*days: float) -> list[float]:
        moments = [NOON + timedelta(days=day) for day in days]
        return [fold.end - fold.begin for fold in Scale(moments, 0, 1000).folds]

    assert folds(0, 1, 3, 4, 900, 902, 905) == [896]
    assert folds(0, 40, 90, 104) == []
    assert folds(0) == folds(0, 2000) == []
    assert in_days(datetime(1970, 1, 2, tzinfo=UTC)) == 1
    with pytest.raises(ValueError, match="needs a moment"):
        Scale([], 0, 1)


@given(st.lists(st.tuples(st.floats(0, 900), st.floats(1, 200)), max_size=30), st.integers(1, 5))
def test_labels_in_a_row_never_overlap(spans: list[tuple[float, float]], most: int) -> None:
    extents = [(low, low + wide) for low, wide in spans]
    rows = rows_of(extents, 4, most)
    assert all(row is None or 0 <= row < most for row in rows)
    for (one, row), (other, other_row) in combinations(zip(extents, rows, strict=True), 2):
        if row is not None and row == other_row:
            assert one[1] + 4 <= other[0] or other[1] + 4 <= one[0]


@given(st.text(max_size=40), st.floats(0, 200), st.booleans())
def test_text_is_cut_to_its_room_and_safe(text: str, room: float, bold: bool) -> None:
    cut = fitted(text, 12, room, bold=bold)
    assert width(cut, 12, bold=bold) <= room + 1e-6 or not cut
    assert ET.fromstring(f'<a b="{safe(text)}">{safe(text)}</a>').text is not None or not text


def test_chinese_is_as_wide_as_it_is_high() -> None:
    assert 40 <= width("客户旅程", 10) <= 44
    assert width("journey", 10) < width("客户旅程客户旅", 10)
    assert width("e\u0301", 10) == width("e", 10)
