"""The page about all customers: what it makes of strange words, large numbers and little data."""

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from typing import Final, Literal

import pytest

from bot.overview.gathering import Overview, RiskCounts
from bot.overview.report import report
from bot.page.charts import MOST_NAMES, Bars, bar_chart
from profiles.call_list import RiskShown
from profiles.journey_paths import CommonPath, Ends, Paths, PathStep, common_paths
from profiles.journey_text import width
from profiles.quality import FieldQuality, IdentityQuality, Quality
from profiles.segment_card import ClusterCard, Group, Said, Sentence

VOID: Final = {"meta", "br", "hr", "img", "link", "input"}
EVIL: Final = "<script>alert('a & b')</script>"
Language = Literal["zh", "en"]


class Page(HTMLParser):
    """Tags that were met, and the text outside the style sheets."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not {"src", "href"} & {name for name, _ in attrs}
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.text += data


def card(verdict: Literal["groups", "too_few", "no_groups", "like_chance"], *groups: Group) -> ClusterCard:
    return ClusterCard(
        verdict=verdict, customers=1_234_567, sampled=3000, seed=1, columns=(), groups=groups, tried=(),
        silhouette=0.4, by_chance=0.1, spreads={},
    )  # fmt: skip


def overview(language: Language = "en") -> Overview:
    """Words from outside are hostile wherever there are any."""
    said = Said(zh=EVIL, en=EVIL)
    sentence = Sentence(when="complaints_90d >= 1", said=said, precision=0.9, recall=0.8)
    group = Group(
        code="group_1", name=said, persona=said, size=1_234_000, share=0.9, jaccard=0.87, silhouette=0.4,
        centre=(), sentences=(sentence,),
    )  # fmt: skip
    risk = RiskCounts(EVIL, False, [1_234_567, *[0] * 9], Counter(low=1_234_000, high=567))
    risk.reasons["complaints_90d"] = 567
    shown = RiskShown(
        risk="leave", name=EVIL, probability=0.7, level="high", reasons=(EVIL,), calibrated=False
    )
    path = CommonPath((PathStep("complaint", EVIL),), 4321, 4000, 2.5, Ends(0.5, 0.25, 0.1, 0.05))
    of_field = FieldQuality(customers=9, facts=10, valid=8, fresh=7, expired=1, conflicts=2)
    return Overview(
        at=datetime(2026, 11, 23, tzinfo=UTC),
        tenant=EVIL,
        language=language,
        events=9_876_543,
        people=1_234_567,
        quality=Quality(
            customers=1_234_567,
            fields={EVIL: of_field, "region": of_field},
            sources={EVIL: {EVIL: of_field}},
            identities={EVIL: IdentityQuality(customers=5, values=5, verified=1)},
        ),
        layers={EVIL: {EVIL: 1_234_567}},
        groups={"group_1": 1_234_000},
        card=card("groups", group),
        paths=Paths("2026.1", 20, 4000, 4321, (path,), None, ()),
        risks={"leave": risk},
        calls=[(EVIL, shown)],
        duplicates=3,
    )


@pytest.mark.parametrize("language", ["zh", "en"])
def test_hostile_words_are_text_wherever_they_stand(language: Language) -> None:
    html = report(overview(language))
    page = Page(html)
    assert "script" not in page.tags
    assert "<script" not in html
    assert page.text.count(EVIL) >= 12
    assert not re.search(r"@import|url\((?!#)", html)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_chart_says_in_words_what_it_shows(language: Language) -> None:
    html = report(overview(language))
    charts = re.findall(r'<svg [^>]*role="img".*?</svg>', html, re.DOTALL)
    assert len(charts) == 4
    for chart in charts:
        assert re.search(r"<title[^>]*>[^<]+</title><desc[^>]*>[^<]+</desc>", chart)


@pytest.mark.parametrize("verdict", ["too_few", "no_groups", "like_chance"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_where_no_group_is_claimed_the_page_says_why(
    language: Language, verdict: Literal["too_few", "no_groups", "like_chance"]
) -> None:
    found = overview(language)
    pages = {report(replace(found, card=each)) for each in (None, card(verdict), card("groups"))}
    assert len(pages) == 3
    assert not any("group_1" in page for page in pages)


def test_large_counts_are_whole_numbers() -> None:
    html = report(overview())
    assert "e+0" not in html
    chart = bar_chart("t", "d", ["a"], [Bars("", [1_234_567.0])], percent=False)
    assert ">1234567<" in chart


@pytest.mark.parametrize(
    "name", ["Was seldom in touch", "Recently took a complaint further", "x" * 200, "客" * 60, "", "a & b"]
)
def test_the_name_of_a_bar_is_cut_rather_than_lost(name: str) -> None:
    chart = bar_chart("t", "d", [name], [Bars("", [3.0])], percent=False)
    ((x, written, whole),) = re.findall(
        r'class="name" x="([\d.]+)"[^>]*>([^<]*)(?:<title>([^<]*)</title>)?</text>', chart
    )
    shown = written.replace("&amp;", "&")
    assert width(shown, 12) <= float(x) < 300
    assert bool(whole) == (width(name, 12) > MOST_NAMES - 16)
    if whole:
        assert whole == name and shown.endswith("…") and name.startswith(shown[:-1])
    else:
        assert shown == name
    for at, long in re.findall(r'<rect class="bar s0" x="([\d.]+)" [^>]*width="([\d.]+)"', chart):
        assert float(at) > float(x) and float(at) + float(long) < 640


def test_customers_without_events_are_told_what_is_missing() -> None:
    found = replace(
        overview(), events=0, people=0, risks={}, calls=[], layers={"Where things stand": {}}, card=None,
        paths=common_paths([], today=date(2026, 11, 23)),
    )  # fmt: skip
    page = Page(report(found))
    assert "import events" in page.text
    assert "No complaint is on record yet." in page.text
    assert "refresh" in page.text


def test_known_by_a_number_alone() -> None:
    known = Quality(customers=2, identities={"phone": IdentityQuality(customers=2, values=2)})
    page = Page(report(replace(overview(), quality=known)))
    assert "Nothing is known of any customer but how to recognise them." in page.text
    assert "phone" in page.text


def test_the_page_tells_how_many_warnings_found_no_room() -> None:
    found = overview()
    assert found.to_call == 567
    assert "566 more are not listed." in report(found)


def test_the_data_has_the_figures_of_the_page() -> None:
    public = overview().public()
    (path,) = public["paths"]["paths"]
    assert (path["episodes"], path["median_days"], path["ends"]["upheld"]) == (4321, 2.5, 0.5)
    (group,) = public["described"]
    assert (group["code"], group["size"], group["jaccard"]) == ("group_1", 1_234_000, 0.87)
    assert public["risks"]["leave"]["high"] == public["to_call"] == 567
