"""The sidebar in a real browser, as tests see it."""

import shutil
import tempfile
import time
import tomllib
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service as Driver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

import knowledge
from bot.suggestion import Suggestion
from tests.services import Service

CHROMIUM: Final = "/usr/bin/chromium"
CHROMEDRIVER: Final = "/usr/bin/chromedriver"
PATIENCE: Final = 30.0
"""Seconds a page may take on a busy machine."""
ARGUMENTS: Final = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-proxy-server",
    "--hide-scrollbars",
)  # fmt: skip

ANGRY: Final = (
    "😡𠮷野家的退款拖了半个月！打了三次电话，每次都让我重新说一遍，忍无可忍。"
    "我妈七十八岁，等着这 128 元买药。\n再不退款我就去 12315 投诉，找记者曝光你们！"
)
WORRIED: Final = (
    "I was charged £412.50 twice on 3 March 😟 and I am worried sick. "
    "Please refund me, or I will go to the ombudsman."
)
HOSTILE: Final = (
    '<img src=x onerror="window.pwned=1"></textarea></script>'
    "<script>window.pwned=1</script>退款还没到账，很生气"
)


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

    def forget(self) -> None:
        """A tab that knows nothing of what came before."""
        self.visit()
        self.run("sessionStorage.clear()")
        self.prefer()
        self.faults()

    def resize(self, width: int, height: int = 900) -> None:
        metrics = {"width": width, "height": height, "deviceScaleFactor": 2, "mobile": False}
        self.devtools("Emulation.setDeviceMetricsOverride", metrics)

    def prefer(self, **features: str) -> None:
        """Pretend that the person set these preferences, such as prefers_color_scheme="dark"."""
        listed = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.devtools("Emulation.setEmulatedMedia", {"features": listed})

    def devtools(self, command: str, settings: dict[str, Any]) -> Any:
        return cast("Any", self.browser).execute_cdp_cmd(command, settings)

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


@contextmanager
def open_page(service: Service) -> Generator[Page]:
    """A browser with a profile of its own, on the sidebar of a service; skips where there is no browser."""
    for program in (CHROMIUM, CHROMEDRIVER):
        if shutil.which(program) is None:
            pytest.skip(f"no {program}: install chromium and chromium-driver to run these")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        for argument in (*ARGUMENTS, f"--user-data-dir={profile}"):
            cast("Any", options).add_argument(argument)
        driver = webdriver.Chrome(options=options, service=Driver(CHROMEDRIVER))
        try:
            driver.set_script_timeout(PATIENCE)
            yield Page(driver, service)
        finally:
            driver.quit()


def receive(service: Service, text: str, **more: Any) -> str:
    """Store a complaint; its id."""
    with service.client() as client:
        response = client.post("/v1/complaints", json={"text": text, **more})
        assert response.status_code == 201, response.text
        return str(response.json()["id"])


def suggestion_for(service: Service, complaint: str) -> Suggestion:
    with service.client() as client:
        return Suggestion.model_validate(client.get(f"/v1/complaints/{complaint}/suggestion").json())


def category_names() -> list[tuple[str, str, str]]:
    """Code, Chinese and English name of every category, in the taxonomy's order."""
    source = Path(knowledge.__file__).with_name("taxonomies") / "core.toml"
    rows = tomllib.loads(source.read_text(encoding="utf-8"))["categories"]
    return [(row["code"], row["name_zh"], row["name_en"]) for row in rows]
