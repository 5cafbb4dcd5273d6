"""The frame of a report, and the file it is written into."""

from html import escape
from pathlib import Path
from string import Template

from knowledge.case import Language

_HERE = Path(__file__).parent


def framed(language: Language, title: str, body: str) -> str:
    """The page: `body` is HTML, `title` is not. It loads nothing, and follows light, dark and print."""
    page = Template((_HERE / "template.html").read_text(encoding="utf-8"))
    return page.substitute(
        lang="zh-CN" if language == "zh" else "en",
        title=escape(title, quote=False),
        style=(_HERE / "style.css").read_text(encoding="utf-8"),
        body=body,
    )


def figure(title: str, described: str, chart: str) -> str:
    """A chart with its heading and what it says in a sentence; both are plain text."""
    return (
        f"<h3>{escape(title, quote=False)}</h3><figure>{chart}"
        f"<figcaption>{escape(described)}</figcaption></figure>"
    )


def write_page(out: Path, page: str) -> None:
    """A file that appears when it is complete, for its owner alone: it tells of customers."""
    temporary = out.with_name(f".{out.name}.part")
    try:
        temporary.touch(mode=0o600)
        temporary.write_text(page, encoding="utf-8")
        temporary.replace(out)
    finally:
        temporary.unlink(missing_ok=True)
