"""The sidebar while a suggestion takes shape: streams that stop, break, change and come in pieces."""

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest

from tests.services import Service
from tests.sidebar_page import ANGRY, WORRIED, Page, open_page, receive, suggestion_for

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def tab(service: Service) -> Iterator[Page]:
    """One browser for all tests of this file."""
    with open_page(service) as page:
        yield page


@pytest.fixture
def page(tab: Page) -> Page:
    """The sidebar, in a tab that knows nothing of the test before."""
    tab.forget()
    return tab


SLOW_STREAM: Final = """
  window.cut = {}; window.asked = []; window.aborted = [];
  const real = window.fetch;
  window.fetch = (url, options) => {
    const events = /complaints\\/([^/]+)\\/events/.exec(String(url));
    if (!events) return real(url, options);
    const id = events[1];
    asked.push(id);
    options.signal.addEventListener("abort", () => aborted.push(id));
    const plan = arguments[0][id] ?? [];
    const body = new ReadableStream({ start(controller) {
      const say = (text) => controller.enqueue(new TextEncoder().encode(text));
      const fail = () => controller.error(new TypeError("gone"));
      window.cut[id] = { say, fail, end: () => controller.close() };
      for (const text of plan) say(text);
    } });
    return Promise.resolve(new Response(body, { headers: { "content-type": "text/event-stream" } }));
  };
"""


def told(name: str, data: Any) -> str:
    return f"event: {name}\r\ndata: {json.dumps(data, ensure_ascii=False)}\r\n\r\n"


def test_choosing_another_complaint_lets_go_of_the_first(page: Page) -> None:
    first, second = receive(page.service, ANGRY), receive(page.service, WORRIED)
    theirs = suggestion_for(page.service, first).public()
    page.sign_in()
    page.until(lambda: page.all(f'[data-complaint="{first}"]'), "the list is there")
    page.run(
        SLOW_STREAM,
        {first: [told("triage", theirs["triage"]), told("delta", {"text": "尊敬的"})], second: []},
    )
    page.click(f'[data-complaint="{first}"]')
    page.until(lambda: page.draft() == "尊敬的", "the first draft grows")
    page.click("#back")
    page.click(f'[data-complaint="{second}"]')
    page.until(lambda: page.run("return asked.length") == 2, "the second stream is open")
    page.run("try { cut[arguments[0]].say(arguments[1]) } catch {}", first, told("delta", {"text": "客户"}))
    page.until(lambda: "£412.50" in page.text("#words-body blockquote"), "the second complaint is shown")
    assert page.run("return aborted") == [first]
    assert page.draft() == "" and page.texts("#glance-body .urgency") == []


def test_a_lost_connection_is_made_again_and_the_draft_starts_over(page: Page) -> None:
    complaint = receive(page.service, ANGRY)
    whole = suggestion_for(page.service, complaint).public()
    page.sign_in(lang="en")
    page.until(lambda: page.all(f'[data-complaint="{complaint}"]'), "the list is there")
    page.run(SLOW_STREAM, {complaint: [": ping\n\n", told("delta", {"text": "您好"})]})
    page.click(f'[data-complaint="{complaint}"]')
    page.until(lambda: page.draft() == "您好", "the draft grows")
    page.run("cut[arguments[0]].fail()", complaint)
    page.until(lambda: "trying again" in page.text("#trouble"), "the page says so")
    page.until(lambda: page.run("return asked.length") == 2, "it has connected again")
    page.until(lambda: page.draft() == "您好", "the draft has started over, not doubled")
    assert not page.find("#trouble").is_displayed()
    page.run("cut[arguments[0]].end()", complaint)
    page.until(lambda: page.run("return asked.length") == 3, "an end before 'done' is no end")
    rest = told("draft", whole["draft"]) + told("done", whole)
    page.run("for (const part of arguments[1]) cut[arguments[0]].say(part)", complaint, list(rest))
    page.until(page.finished, "the suggestion is done")
    assert page.draft() == whole["draft"]["text"]


def test_an_error_of_the_service_is_said_with_a_way_to_try_again(page: Page) -> None:
    complaint = receive(page.service, WORRIED)
    page.sign_in(lang="en")
    page.until(lambda: page.all(f'[data-complaint="{complaint}"]'), "the list is there")
    problem = {"title": "Something broke on our side", "status": 500, "detail": "it is in the log"}
    page.run(SLOW_STREAM, {complaint: [told("error", problem)]})
    page.click(f'[data-complaint="{complaint}"]')
    page.until(lambda: "it is in the log" in page.text("#trouble"), "the error is shown")
    assert page.text("#reply-state") == "There is no draft yet."
    page.find("#trouble button").click()
    page.until(lambda: page.run("return asked.length") == 2, "it was asked again")


def test_an_edited_draft_is_not_overwritten_by_a_newer_one(page: Page) -> None:
    complaint = receive(page.service, ANGRY)
    page.sign_in(complaint)
    page.type("#draft", "我的修改")
    with page.service.client() as client:
        client.post(
            f"/v1/complaints/{complaint}/turns", json={"turns": [{"text": "另外，运费 12 元也要退给我。"}]}
        )
    newer = suggestion_for(page.service, complaint).draft.text
    page.run("document.dispatchEvent(new Event('visibilitychange'))")
    page.until(lambda: "又发来了消息" in page.text("#trouble"), "the new message is noticed")
    page.find("#trouble button").click()
    page.until(lambda: len(page.texts("#words-body .turn")) == 2 and page.finished(), "it was read again")
    assert page.draft() == "我的修改"
    if newer != "我的修改" and page.find("#newer").is_displayed():
        page.click("#newer button")
        assert page.draft() == newer


def test_events_are_read_however_they_are_cut(page: Page) -> None:
    stream = (
        'event: triage\ndata: {"a":\ndata: "气😡"}\n\n: ping\r\n\r\n'
        "event:done\r\ndata:{}\r\n\r\nevent: lost\ndata: {}"
    )
    expression = """(() => { const all = [];
      for (const size of [1, 2, 3, 7, 1000]) {
        const told = []; const read = m.reader((name, data) => told.push([name, data]));
        const units = v[0].match(new RegExp(`[^]{1,${size}}`, "g"));
        units.forEach(read); all.push(JSON.stringify(told));
      }
      return [...new Set(all)]; })()"""
    assert page.module("stream", expression, stream) == ['[["triage",{"a":"气😡"}],["done",{}]]']


def test_evidence_counts_code_points_clips_and_overlaps(page: Page) -> None:
    spans = [
        {"start": 1, "end": 3, "k": "a"},
        {"start": 2, "end": 99, "k": "b"},
        {"start": 2, "end": 2, "k": "c"},
    ]
    cut = page.module(
        "marks",
        "m.segments(v[0], v[1]).map((s) => [s.text, s.spans.map((x) => x.k).join('')])",
        "😡𠮷a退",
        spans,
    )
    assert cut == [["😡", ""], ["𠮷", "a"], ["a", "ab"], ["退", "b"]]
    assert page.module("marks", "m.segments('', [{start: 0, end: 5}])", "") == []
