"""The sidebar for everybody: words in both languages, legible, operable by keyboard, safe to load."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, cast

import pytest
from selenium.webdriver.common.keys import Keys

from tests.services import Service
from tests.sidebar_page import ANGRY, WORRIED, Page, category_names, open_page, receive

pytestmark = pytest.mark.browser

WEB: Final = Path(__file__).parents[1] / "bot" / "web"


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
            assert set(cast("dict[str, str]", word)) == set(en[name]), name
    assert set(zh) == set(en)
    source = "".join(
        path.read_text(encoding="utf-8") for path in WEB.rglob("*.*") if path.suffix in {".js", ".html"}
    )
    used = set(re.findall(r'(?:say\(|data-(?:word|label|placeholder)=)"([a-z.]+)"', source))
    assert used <= set(zh)
    assert {(code, zh["category"][code], en["category"][code]) for code in zh["category"]} == set(
        category_names()
    )


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
  const over = (top, under) => {
    const share = top[3] ?? 1;
    return [0, 1, 2].map((n) => top[n] * share + under[n] * (1 - share));
  };
  const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) =>
    0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255);
  const ground = (node) => {
    const layers = [];
    for (let at = node; at; at = at.parentElement) layers.push(parts(getComputedStyle(at).backgroundColor));
    return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255]);
  };
  const faint = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = walk.nextNode(); text; text = walk.nextNode()) {
    const node = text.parentElement;
    if (!text.data.trim() || !node.checkVisibility() || node.closest("option, .unseen, :disabled")) continue;
    const under = ground(node);
    const [a, b] = [light(over(parts(getComputedStyle(node).color), under)), light(under)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) faint.push(`${ratio.toFixed(2)} ${node.className} ${text.data.slice(0, 30)}`);
  }
  return faint;
"""
"""The visible texts whose contrast with their ground is below 4.5 (WCAG 2.2, level AA)."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 900])
def test_text_is_legible_and_fits_in_light_and_dark(page: Page, scheme: str, width: int) -> None:
    page.prefer(prefers_color_scheme=scheme)
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
    tree = cast("dict[str, Any]", page.devtools("Accessibility.getFullAXTree", {}))
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
    wanted = ["language", "leave", "draft", "copy", "sent", "discard", "correct"]
    reached: list[str] = []
    while "correct" not in reached:
        cast("Any", page.browser.switch_to.active_element).send_keys(Keys.TAB)
        reached.append(str(page.run("return document.activeElement.id")))
        assert len(reached) < 60, f"the keyboard does not get to the last control: {reached}"
    assert [one for one in reached if one in wanted] == wanted


def test_nothing_moves_for_those_who_asked_for_stillness(page: Page) -> None:
    page.prefer(prefers_reduced_motion="reduce")
    page.sign_in()
    page.run("document.getElementById('pulse').hidden = false")
    assert page.run("return getComputedStyle(document.getElementById('pulse')).animationName") == "none"
    assert page.run("return getComputedStyle(document.documentElement).scrollBehavior") == "auto"
