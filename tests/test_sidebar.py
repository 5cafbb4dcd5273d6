"""The sidebar in a real browser, against the real service with the sample corpus."""

import base64
import json
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service as Driver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from bot.suggestion import Suggestion
from knowledge.taxonomy import Taxonomy
from tests.services import Service

pytestmark = pytest.mark.browser

WEB: Final = Path(__file__).parents[1] / "bot" / "web"
CHROMIUM: Final = "/usr/bin/chromium"
CHROMEDRIVER: Final = "/usr/bin/chromedriver"
PATIENCE: Final = 30.0
"""Seconds a page may take on a busy machine."""

ANGRY: Final = (
    "😡𠮷野家的退款拖了半个月！打了三次电话，每次都让我重新说一遍，忍无可忍。我妈七十八岁，等着这 128 元买药。\n"
    "再不退款我就去 12315 投诉，找记者曝光你们！"
)
WORRIED: Final = "I was charged £412.50 twice on 3 March 😟 and I am worried sick. Please refund me, or I will go to the ombudsman."
HOSTILE: Final = '<img src=x onerror="window.pwned=1"></textarea></script><script>window.pwned=1</script>退款还没到账，很生气'


@dataclass(frozen=True, slots=True)
class Page:
    """The sidebar in a browser."""

    browser: webdriver.Chrome
    service: Service

    def visit(self, *, lang: str = "zh", fragment: str = "", width: int = 320) -> None:
        """Open the sidebar as if in a new tab."""
        self.browser.get("about:blank")
        self.resize(width)
        self.browser.get(f"{self.service.url}/sidebar/?lang={lang}{fragment}")

    def sign_in(self, complaint: str = "", *, lang: str = "zh", width: int = 320) -> None:
        """Open it with the key, and with a complaint, in the fragment."""
        self.visit(lang=lang, fragment=f"#key={self.service.key}&complaint={complaint}", width=width)
        if complaint:
            self.until(self.finished, "the suggestion is done")

    def resize(self, width: int, height: int = 900) -> None:
        self.browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 2, "mobile": False},
        )

    def finished(self) -> bool:
        """Whether outcomes can be recorded: the suggestion is stored."""
        return bool(self.run("return !document.getElementById('discard').disabled"))

    def run(self, script: str, *values: Any) -> Any:
        return cast("Any", self.browser).execute_script(script, *values)

    def module(self, name: str, expression: str, *values: Any) -> Any:
        """What an expression over a module `m` of the page, and the values `v`, gives."""
        script = (
            f"const done = arguments[arguments.length - 1], v = [...arguments].slice(0, -1);"
            f"import('/sidebar/js/{name}.js').then(async (m) => done({expression}))"
            f".catch((error) => done('failed: ' + error));"
        )
        return cast("Any", self.browser).execute_async_script(script, *values)

    def find(self, selector: str) -> WebElement:
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def texts(self, selector: str) -> list[str]:
        """What the elements say, whether or not they are in view."""
        return cast(
            "list[str]",
            self.run(
                "return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent)", selector
            ),
        )

    def text(self, selector: str) -> str:
        return " ".join(self.texts(selector))

    def draft(self) -> str:
        return str(self.run("return document.getElementById('draft').value"))

    def type(self, selector: str, text: str) -> None:
        """Put text into a field as pasting does; the driver's keyboard has no characters beyond U+FFFF."""
        self.run(
            "const f = document.querySelector(arguments[0]); f.value = arguments[1];"
            "f.dispatchEvent(new Event('input', {bubbles: true}))",
            selector,
            text,
        )

    def click(self, selector: str) -> None:
        self.run("document.querySelector(arguments[0]).click()", selector)

    def until(self, condition: Callable[[], Any], what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, f"waited {PATIENCE:.0f} s until {what}"
            time.sleep(0.05)

    def faults(self) -> list[str]:
        """What the browser complained about: broken scripts, refused styles, missing files."""
        entries = cast("list[dict[str, str]]", cast("Any", self.browser).get_log("browser"))
        return [entry["message"] for entry in entries if entry["level"] == "SEVERE"]

    def shoot(self, path: Path) -> None:
        """Save a picture of the whole page."""
        shot = self.browser.execute_cdp_cmd(
            "Page.captureScreenshot", {"format": "png", "captureBeyondViewport": True}
        )
        path.write_bytes(base64.b64decode(shot["data"]))


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    """One browser for all tests, with a profile of its own."""
    for program in (CHROMIUM, CHROMEDRIVER):
        if shutil.which(program) is None:
            pytest.skip(f"no {program}: install chromium and chromium-driver to run these")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    with tempfile.TemporaryDirectory() as profile:
        for argument in (
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--no-proxy-server", f"--user-data-dir={profile}",
        ):  # fmt: skip
            cast("Any", options).add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        driver = webdriver.Chrome(options=options, service=Driver(CHROMEDRIVER))
        driver.set_script_timeout(PATIENCE)
        yield driver
        driver.quit()


@pytest.fixture
def page(browser: webdriver.Chrome, service: Service) -> Iterator[Page]:
    """The sidebar, in a tab that knows nothing of the test before."""
    page = Page(browser, service)
    page.visit()
    page.run("sessionStorage.clear()")
    page.faults()
    yield page
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def receive(service: Service, text: str, **more: Any) -> str:
    """Store a complaint; its id."""
    with service.client() as client:
        response = client.post("/v1/complaints", json={"text": text, **more})
        assert response.status_code == 201, response.text
        return str(response.json()["id"])


def suggestion_for(service: Service, complaint: str) -> Suggestion:
    with service.client() as client:
        return Suggestion.model_validate(client.get(f"/v1/complaints/{complaint}/suggestion").json())


def outcomes(service: Service) -> dict[str, int]:
    with service.client() as client:
        return dict(client.get("/v1/insight/summary").json()["outcomes"])


def test_without_a_key_it_asks_for_one_and_says_when_it_is_wrong(page: Page) -> None:
    page.visit(lang="en")
    assert page.run("return document.activeElement.id") == "key"
    page.find("#key").send_keys("rk_wrong_key" + Keys.ENTER)
    page.until(lambda: "does not work" in page.text("#trouble"), "the key is refused")
    assert page.run("return sessionStorage.length") == 0
    page.find("#key").send_keys(page.service.key + Keys.ENTER)
    page.until(lambda: page.find("#inbox-view").is_displayed(), "the list is there")
    page.until(lambda: not page.find("#trouble").is_displayed(), "the refusal is gone")


def test_key_and_complaint_in_the_address_are_taken_out_of_it_at_once(page: Page) -> None:
    complaint = receive(page.service, ANGRY)
    page.sign_in(complaint)
    assert page.run("return location.href") == f"{page.service.url}/sidebar/?lang=zh"
    page.run("history.back()")
    time.sleep(0.2)
    assert page.service.key not in str(page.run("return JSON.stringify(history.state) + location.href"))


def test_a_host_can_change_the_complaint_through_the_address(page: Page) -> None:
    first, second = receive(page.service, ANGRY), receive(page.service, WORRIED)
    page.sign_in(first)
    page.run("location.hash = arguments[0]", f"complaint={second}")
    page.until(lambda: second[-4:] in page.text("#desk-title") and page.finished(), "the second is shown")
    assert "£412.50" in page.text("#words-body blockquote")
    assert page.run("return location.hash") == ""


def test_a_pasted_complaint_is_read_and_drafted(page: Page) -> None:
    page.sign_in()
    page.until(lambda: page.find("#inbox-view").is_displayed(), "the list is there")
    page.type("#new-text", ANGRY)
    page.click("#new-form button[type=submit]")
    page.until(page.finished, "the suggestion is done")
    with page.service.client() as client:
        complaint = client.get("/v1/complaints?limit=1").json()["complaints"][0]
    assert complaint["channel"] == "sidebar"
    found = suggestion_for(page.service, complaint["id"])
    assert page.draft() == found.draft.text != ""
    assert page.text("#say") != ""
    assert page.faults() == []


def test_everything_the_suggestion_says_is_on_the_page(page: Page) -> None:
    complaint = receive(page.service, ANGRY, sector="ecommerce")
    found = suggestion_for(page.service, complaint)
    page.sign_in(complaint)
    triage = found.triage
    urgency = {"low": "不急", "normal": "一般", "high": "加急", "critical": "紧急"}[triage.urgency]
    assert page.texts("#glance-body .urgency") == [urgency]
    assert page.texts("#glance-body .reasons li") == list(triage.reasons)
    names = {one.code: one.name_zh for one in Taxonomy.core().categories}
    if triage.abstained:
        assert "请人工判断" in page.text("#glance-body .category")
    else:
        assert page.text("#glance-body .category") == names[triage.category or ""]
        assert f"{triage.confidence:.0%}" in page.text("#glance-body .confidence")
    assert page.texts("#glance-body .others li > span:first-child") == [
        names[one.category] for one in triage.alternatives
    ]
    assert page.texts("#clocks-body time") and len(page.texts("#clocks-body time")) == len(found.clocks)
    assert page.texts("#clocks-body details p") == [clock.trace for clock in found.clocks]
    assert len(page.texts("#cases-body .items > li")) == len(found.matches.cases) > 0
    assert page.texts("#cases-body .summary") == [case.summary for case in found.matches.cases]
    assert page.texts("#passages-body .quote") == [one.text for one in found.matches.passages]
    superseded = sum(one.superseded for one in (*found.matches.cases, *found.matches.passages))
    assert len(page.all("#cases-body li.superseded, #passages-body li.superseded")) == superseded
    failed = [check for check in found.draft.checks if not check.passed]
    assert page.texts("#reply-faults li b") == [check.id for check in failed]
    assert len(page.texts("#reply-body .passed li")) == len(found.draft.checks) - len(failed)
    assert len(page.texts("#reply-body .citations li")) == len(found.draft.citations)
    assert page.text("#customer-body") == "这条投诉没有写明客户，所以没有客户资料。"


@pytest.mark.parametrize("text", [ANGRY, WORRIED])
def test_the_customers_own_words_are_marked_where_the_evidence_says(page: Page, text: str) -> None:
    complaint = receive(page.service, text)
    triage = suggestion_for(page.service, complaint).triage
    page.sign_in(complaint)
    assert page.text("#words-body blockquote") == text
    for mark, spans in {
        "emotion": triage.emotion.evidence,
        "escalation": [span for found in triage.escalations for span in found.evidence],
        "vulnerability": [span for found in triage.vulnerability for span in found.evidence],
        "need": [span for found in triage.needs for span in found.evidence],
    }.items():
        covered = {n for span in spans for n in range(span.start, span.end)}
        expected = "".join(character for n, character in enumerate(text) if n in covered)
        assert "".join(page.texts(f"#words-body blockquote mark.{mark}")) == expected, mark
    assert triage.escalations, "the complaint threatens, so something must be marked"


def test_a_conversation_is_marked_in_the_turn_where_it_was_said(page: Page) -> None:
    with page.service.client() as client:
        turns = [
            {"text": "您好，请问有什么可以帮您？", "speaker": "agent"},
            {"text": "退款半个月没到账，太气人了😡我要去12315投诉"},
        ]
        complaint = client.post("/v1/complaints", json={"turns": turns}).json()["id"]
    page.sign_in(complaint)
    assert page.texts("#words-body .turn blockquote") == [turn["text"] for turn in turns]
    assert page.texts("#words-body .speaker") == ["客服", "客户"]
    assert page.texts("#words-body .turn.agent mark") == []
    assert any("12315" in text for text in page.texts("#words-body .turn.customer mark.escalation"))


def test_nothing_a_customer_writes_is_ever_markup(page: Page) -> None:
    complaint = receive(page.service, HOSTILE)
    page.sign_in(complaint)
    assert page.text("#words-body blockquote") == HOSTILE
    assert page.run("return window.pwned") is None
    assert page.all("main img, main script, main iframe") == []
    page.type("#draft", HOSTILE)
    page.click("#sent")
    page.until(lambda: page.text("#recorded") == "已记录：改后发出", "the outcome is recorded")
    assert page.run("return window.pwned") is None
    assert page.faults() == []


def test_a_known_customer_is_shown_once_their_identity_is_checked(page: Page) -> None:
    reference = {"kind": "external_id", "value": "BK-Z-10233"}
    page.sign_in(receive(page.service, ANGRY, customer=reference | {"verified": True}))
    assert "身份已核实" in page.text("#customer-body")
    assert "陆雅琴" in page.text("#customer-body .facts")
    assert "客户系统" in page.text("#customer-body .facts")
    assert len(page.texts("#customer-body .contacts > li")) > 0
    page.sign_in(receive(page.service, ANGRY, customer=reference))
    assert "身份未核实" in page.text("#customer-body") and "核实" in page.text("#customer-body .note")
    assert "陆雅琴" not in page.text("#customer-body")
    page.sign_in(receive(page.service, ANGRY, customer=reference | {"value": "nobody"}), lang="en")
    assert page.text("#customer-body").startswith("No customer is on file")


def test_what_the_agent_did_is_recorded(page: Page) -> None:
    before = outcomes(page.service)
    page.sign_in(receive(page.service, ANGRY), lang="en")
    assert page.text("#sent") == "Sent as is"
    page.type("#draft", page.draft() + " 祝好")
    assert page.text("#sent") == "Sent edited"
    page.click("#restore")
    assert page.text("#sent") == "Sent as is"
    page.click("#sent")
    page.until(lambda: page.text("#recorded") == "Recorded: sent as is", "sent is recorded")
    assert page.text("#say") == "Recorded: sent as is"
    assert not page.find("#discard").is_enabled()
    page.run(
        "const s = document.getElementById('correct'); s.value = 'safety';"
        "s.dispatchEvent(new Event('change', {bubbles: true}))"
    )
    page.click("#correct-save")
    page.until(lambda: "corrected to Safety" in page.text("#recorded"), "the correction is recorded")
    page.sign_in(receive(page.service, WORRIED), lang="en")
    page.type("#draft", "Something else")
    page.click("#sent")
    page.until(lambda: page.text("#recorded") == "Recorded: sent edited", "edited is recorded")
    page.sign_in(receive(page.service, HOSTILE), lang="en")
    page.click("#discard")
    page.until(lambda: page.text("#recorded") == "Recorded: not used", "discarded is recorded")
    after = outcomes(page.service)
    assert {name: after[name] - before.get(name, 0) for name in after} == {
        "sent": 1, "edited": 1, "discarded": 1, "corrected": 1,
    }  # fmt: skip


def test_copying_takes_the_text_as_edited(page: Page) -> None:
    page.browser.execute_cdp_cmd(
        "Browser.grantPermissions",
        {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"], "origin": page.service.url},
    )
    page.sign_in(receive(page.service, WORRIED), lang="en")
    page.type("#draft", "Dear customer 😟")
    page.click("#copy")
    page.until(lambda: page.text("#copy") == "Copied", "the text is copied")
    read = "const done = arguments[0]; navigator.clipboard.readText().then(done, (e) => done(String(e)))"
    assert cast("Any", page.browser).execute_async_script(read) == "Dear customer 😟"


def test_the_list_shows_the_newest_and_opens_them(page: Page) -> None:
    complaint = receive(page.service, WORRIED)
    suggestion_for(page.service, complaint)
    page.sign_in(lang="en")
    item = f'[data-complaint="{complaint}"]'
    page.until(lambda: page.all(item), "the complaint is in the list")
    assert page.run("return document.querySelector('#inbox button').dataset.complaint") == complaint
    page.find(item).send_keys(Keys.ENTER)
    page.until(page.finished, "the suggestion is done")
    assert page.run("return document.activeElement.id") in {"desk-title", "draft"}
    page.click("#back")
    assert page.find("#inbox-view").is_displayed()
    assert page.run("return document.activeElement.dataset.complaint") == complaint


def test_signing_out_leaves_nothing_behind(page: Page) -> None:
    page.sign_in(receive(page.service, ANGRY))
    page.click("#leave")
    assert page.find("#key-view").is_displayed()
    assert "𠮷" not in page.run("return document.body.textContent") and page.draft() == ""
    assert page.run("return sessionStorage.length") == 0
    page.visit()
    assert page.find("#key-view").is_displayed()


def test_the_language_can_be_switched_and_is_remembered_in_the_address(page: Page) -> None:
    page.sign_in(receive(page.service, ANGRY))
    before = page.draft()
    assert page.run("return document.documentElement.lang") == "zh-Hans"
    page.click("#language")
    assert page.run("return document.documentElement.lang") == "en"
    assert page.text("#glance-title") == "At a glance" and page.text("#reply-title") == "Draft reply"
    assert page.draft() == before
    assert page.run("return new URL(location.href).searchParams.get('lang')") == "en"
    assert (
        page.module("words", "m.chosen('', 'zh-TW') + m.chosen('', 'de') + m.chosen('?lang=zh-CN', 'en')")
        == "zhenzh"
    )


def test_another_tenants_complaint_is_no_complaint(page: Page) -> None:
    complaint = receive(page.service, ANGRY)
    page.visit(fragment=f"#key={page.service.other_key}&complaint={complaint}")
    page.until(lambda: "找不到这条投诉" in page.text("#trouble"), "the page says there is none")
    assert page.text("#words-body") == ""


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
      window.cut[id] = { say, end: () => controller.close(), fail: () => controller.error(new TypeError("gone")) };
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
    stream = 'event: triage\ndata: {"a":\ndata: "气😡"}\n\n: ping\r\n\r\nevent:done\r\ndata:{}\r\n\r\nevent: lost\ndata: {}'
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


def test_both_languages_have_every_word_the_page_uses(page: Page) -> None:
    tables = page.module(
        "words", "JSON.parse(JSON.stringify(m.tables, (k, w) => typeof w === 'function' ? 'f' : w))"
    )
    zh, en = tables["zh"], tables["en"]
    for name, word in zh.items():
        assert isinstance(word, dict) == isinstance(en[name], dict) and (word == "f") == (en[name] == "f"), (
            name
        )
        if isinstance(word, dict):
            assert list(cast("dict[str, str]", word)) == list(en[name]), name
    assert set(zh) == set(en)
    source = "".join(
        path.read_text(encoding="utf-8") for path in WEB.rglob("*.*") if path.suffix in {".js", ".html"}
    )
    used = set(re.findall(r'(?:say\(|data-(?:word|label|placeholder)=)"([a-z.]+)"', source))
    assert used <= set(zh)
    names = [(one.code, one.name_zh, one.name_en) for one in Taxonomy.core().categories]
    assert [(code, zh["category"][code], en["category"][code]) for code in zh["category"]] == names


def test_the_page_takes_nothing_from_elsewhere_and_writes_no_markup() -> None:
    for path in WEB.rglob("*.*"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", text), path
        addresses = set(re.findall(r"https?://[^\s\"'<)]+", text))
        assert addresses <= {"http://www.w3.org/2000/svg"}, path
        assert (
            not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son[a-z]+=", text) or path.suffix == ".js"
        ), path


def test_the_page_comes_with_a_strict_policy(page: Page) -> None:
    with page.service.client() as client:
        for path in ("/sidebar", "/sidebar/", "/sidebar/js/main.js", "/sidebar/style.css"):
            response = client.get(path)
            assert response.status_code == 200
            policy = response.headers["content-security-policy"]
            assert "default-src 'none'" in policy and "unsafe" not in policy
    page.browser.get(f"{page.service.url}/sidebar?lang=en")
    page.until(
        lambda: page.text("#key-title") == "Enter your API key", "the page works without the slash too"
    )
    assert page.faults() == []


CONTRAST: Final = """
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const over = (top, under) => { const a = top[3] ?? 1; return [0, 1, 2].map((n) => top[n] * a + under[n] * (1 - a)); };
  const light = (rgb) => rgb.map((c) => c / 255).map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, n) => sum + c * [0.2126, 0.7152, 0.0722][n], 0);
  const ground = (node) => { const layers = []; for (let at = node; at; at = at.parentElement) layers.push(parts(getComputedStyle(at).backgroundColor));
    return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255]); };
  const faint = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = walk.nextNode(); text; text = walk.nextNode()) {
    const node = text.parentElement;
    if (!text.data.trim() || !node.checkVisibility() || node.closest("option, .unseen, :disabled")) continue;
    const a = light(over(parts(getComputedStyle(node).color), ground(node))), b = light(ground(node));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) faint.push(`${ratio.toFixed(2)} ${node.className} ${text.data.slice(0, 30)}`);
  }
  return faint;
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 900])
def test_text_is_legible_and_fits_in_light_and_dark(page: Page, scheme: str, width: int) -> None:
    page.browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    for lang, text in (("zh", ANGRY), ("en", WORRIED)):
        reference = {"kind": "external_id", "value": "BK-Z-10233", "verified": True}
        page.sign_in(receive(page.service, text, customer=reference), lang=lang, width=width)
        page.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert page.run(CONTRAST) == []
        assert page.run("return document.documentElement.scrollWidth") == width
        page.click("#back")
        page.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert page.run(CONTRAST) == []
        assert page.run("return document.documentElement.scrollWidth") == width


def test_every_control_has_a_name_and_the_keyboard_reaches_it_in_order(page: Page) -> None:
    page.sign_in(receive(page.service, ANGRY))
    tree = cast("dict[str, Any]", page.browser.execute_cdp_cmd("Accessibility.getFullAXTree", {}))
    controls = {"button", "textbox", "combobox", "checkbox", "meter", "image", "link"}
    nameless = [
        node["role"]["value"]
        for node in tree["nodes"]
        if not node.get("ignored")
        and node["role"]["value"] in controls
        and not node.get("name", {}).get("value")
    ]
    assert nameless == []
    assert page.all("[tabindex]:not([tabindex='-1'])") == []
    assert page.run("return document.querySelector('#say').getAttribute('aria-live')") == "polite"
    page.run("document.getElementById('back').focus()")
    reached: list[str] = []
    for _ in range(60):
        cast("Any", page.browser.switch_to.active_element).send_keys(Keys.TAB)
        reached.append(str(page.run("return document.activeElement.id")))
    wanted = ["language", "leave", "draft", "copy", "sent", "discard", "correct"]
    assert [one for one in reached if one in wanted][: len(wanted)] == wanted


def test_nothing_moves_for_those_who_asked_for_stillness(page: Page) -> None:
    page.browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]}
    )
    page.sign_in()
    page.run("document.getElementById('pulse').hidden = false")
    assert page.run("return getComputedStyle(document.getElementById('pulse')).animationName") == "none"
    assert page.run("return getComputedStyle(document.documentElement).scrollBehavior") == "auto"
