"""The sidebar in a real browser, against the real service with the sample corpus."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from selenium.webdriver.common.keys import Keys

from tests.services import Service
from tests.sidebar_page import (
    ANGRY,
    HOSTILE,
    WORRIED,
    Page,
    category_names,
    open_page,
    receive,
    suggestion_for,
)

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
    page.browser.back()  # unlike a script's history.back(), waits until the page is there
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
    names = {code: zh for code, zh, _ in category_names()}
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
    marked = "return [...document.querySelectorAll('#reply-faults li b')].map((b) => b.title)"
    assert page.run(marked) == [check.id for check in failed]
    assert len(page.texts("#reply-passed .passed li")) == len(found.draft.checks) - len(failed)
    assert len(page.texts("#reply-body .citations li")) == len(found.draft.citations)
    assert page.text("#customer-body").startswith("这条投诉没有写明客户，所以没有客户资料。")


@pytest.mark.parametrize("text", [ANGRY, WORRIED], ids=["zh", "en"])
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
    leave = {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"], "origin": page.service.url}
    page.devtools("Browser.grantPermissions", leave)
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


def test_a_reply_is_said_another_way_and_an_edit_is_checked(page: Page) -> None:
    page.sign_in(receive(page.service, ANGRY))
    before = page.draft()
    page.until(lambda: not page.run("return document.querySelector('[data-way=warm]').disabled"), "ready")
    page.click("[data-way=warm]")
    page.until(lambda: page.draft() != before, "the reply is said another way")
    assert page.text("#rewritten") == "已换一种说法，检查已重做。"
    page.type("#draft", "\n我们保证绝不会再发生。")
    page.until(lambda: "不作绝对保证" in page.text("#reply-faults"), "the edit is checked")
    page.click("#restore")
    page.until(lambda: page.text("#reply-faults") == "", "the draft's own checks are back")
    assert page.draft() == before


def test_a_decision_is_drafted_from_the_form(page: Page) -> None:
    page.sign_in(receive(page.service, ANGRY))
    page.click("#decide summary")
    for name, words in (
        ("findings", "退款申请在审核环节没有转出"),
        ("reason", "退款应当在收到申请后办理"),
        ("amount", "128"),
        ("owner", "退款组"),
    ):
        page.type(f"#decide-form [name={name}]", words)
    day = f"{datetime.now(UTC).date() + timedelta(days=7)}"
    page.run("document.querySelector('#decide-form [name=by]').value = arguments[0]", day)
    page.click("#decide-draft")
    page.until(lambda: "退款组" in page.draft(), "the draft conveys the decision")
    assert "128元" in page.draft() and page.text("#reply-faults") == ""


def test_a_decision_that_lacks_something_says_what(page: Page) -> None:
    page.sign_in(receive(page.service, ANGRY))
    page.click("#decide summary")
    page.run(
        "const one = document.getElementById('decide-stage');"
        "one.value = 'rejected'; one.dispatchEvent(new Event('change'))"
    )
    page.click("#decide-draft")
    page.until(lambda: "reason" in page.text("#trouble"), "it says what is missing")
    assert page.draft()
