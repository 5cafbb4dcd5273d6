"""A report's words and figures: every figure on the page is looked up in the findings by its path."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cache
from html import escape
from pathlib import Path
from typing import Any, Literal, cast

from knowledge.case import Language, Owned
from knowledge.rules import load_rules
from knowledge.taxonomy import Taxonomy

Style = Literal["share", "count", "number"]
Cell = str | int | float | date | bool | None


class _Strings(Owned):
    version: str
    source: str
    valid_from: date
    text: dict[str, str]


@cache
def strings(folder: Path, language: Language) -> Mapping[str, str]:
    """The words of a report by their key, from `strings_zh.toml` or `strings_en.toml` of its folder.

    Raises:
        InvalidRules: the file breaks its schema.
    """
    return load_rules(folder / f"strings_{language}.toml", _Strings).text


class Writer:
    """Writes words and figures as HTML in one language."""

    def __init__(self, findings: Mapping[str, Any], folder: Path, language: Language) -> None:
        self._findings = findings
        self._language: Language = language
        self._text = strings(folder, language)
        self._taxonomy = Taxonomy.core()

    def text(self, key: str, **values: str) -> str:
        """The words, escaped, with values that are HTML already."""
        return escape(self._text[key], quote=False).format(**values)

    def plain(self, key: str, **values: object) -> str:
        """The words as they are, for charts, which escape by themselves."""
        return self._text[key].format(**values)

    def figure(self, path: str, style: Style = "count") -> str:
        """A figure of the findings, with its exact value for whoever reads the page by machine."""
        value: Any = self._findings
        for step in path.split("."):
            value = value[step]
        if value is None:
            return "–"
        return f'<data class="figure" data-path="{path}" value="{value}">{shown(value, style)}</data>'

    def say(self, key: str, paths: Mapping[str, str], **values: str) -> str:
        """A paragraph; `paths` names the figures in it, a share by a `%` in front."""
        figures = {
            name: self.figure(path.lstrip("%"), "share" if path.startswith("%") else "count")
            for name, path in paths.items()
        }
        return f"<p>{self.text(key, **figures, **values)}</p>"

    def category(self, code: str) -> str:
        """Its name, not yet escaped."""
        return self._taxonomy.display(code, self._language)

    def table(
        self,
        heads: Sequence[str],
        rows: Sequence[Sequence[Cell]],
        numbers: Sequence[int],
        own: int | None = None,
    ) -> str:
        """A table; `numbers` says which columns hold figures, `own` which row stands out."""

        def tag(name: str, place: int, html: str) -> str:
            kind = ' class="n"' if place in numbers else ""
            return f"<{name}{kind}>{html}</{name}>"

        head = "".join(tag("th", n, self.text(key)) for n, key in enumerate(heads))
        body = "".join(
            ('<tr class="own">' if place == own else "<tr>")
            + "".join(tag("td", n, self._cell(cell)) for n, cell in enumerate(row))
            + "</tr>"
            for place, row in enumerate(rows)
        )
        return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'

    def more(self, listed: int, count: int) -> str:
        """A line where not all is listed."""
        return f'<p class="soft">{self.text("more", count=str(count - listed))}</p>' if count > listed else ""

    def _cell(self, cell: Cell) -> str:
        if isinstance(cell, bool):
            return self.text("yes" if cell else "no")
        if isinstance(cell, datetime):
            return f"{cell:%Y-%m-%d}"
        return (
            "–" if cell is None else escape(shown(cell, "number") if isinstance(cell, float) else str(cell))
        )


def shown(value: float, style: Style) -> str:
    """A number for people."""
    if style == "share":
        return f"{value:.1%}"
    return f"{value:,}" if isinstance(cast(Any, value), int) else f"{value:,.10g}"


def percent(value: float | None) -> str | None:
    """A share for people; None stays."""
    return None if value is None else f"{value:.1%}"
