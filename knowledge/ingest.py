"""Cases, articles and labelled texts from other people's files, one row at a time."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, tzinfo
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from knowledge.article import Article
from knowledge.case import Case
from knowledge.cells import BadCell, DateOrder
from knowledge.errors import UnreadableFile
from knowledge.evaluation import LabelledText
from knowledge.headers import Columns, Given, Names
from knowledge.intake import CategoryNames, Clean, Intake
from knowledge.rows import Row, RowProblem
from knowledge.tables import KEYED, read_rows

_Item = TypeVar("_Item", Case, Article, LabelledText)


def read_cases(
    path: Path, *, clean: Clean, taxonomy: CategoryNames, zone: tzinfo = UTC, order: DateOrder = "ymd"
) -> Iterator[Case | RowProblem]:
    """The cases in a file, without personal data, and what is wrong with the rows that are none.

    Args:
        path: JSON Lines, CSV or XLSX.
        clean: applied to every text that a customer or an agent wrote.
        taxonomy: says which category a label means; one it does not know is left out, with a remark.
        zone: of times that name none.
        order: of days that do not begin with the year.

    Raises:
        UnreadableFile: the file as a whole cannot be read, or no column holds the text.
    """
    intake = Intake(clean, taxonomy, zone, order)
    return _items(path, intake, intake.headers.case, intake.case, ("text",))


def read_articles(
    path: Path, *, taxonomy: CategoryNames, order: DateOrder = "ymd"
) -> Iterator[Article | RowProblem]:
    """The articles in a file, and what is wrong with the rows that are none.

    Nothing is taken out of them: an article is the company's own publication, and its hotline must stay.

    Raises:
        UnreadableFile: the file as a whole cannot be read, or no column holds the title or the text.
    """
    intake = Intake(str, taxonomy, UTC, order)
    return _items(path, intake, intake.headers.article, intake.article, ("title", "text"))


def read_labelled(path: Path) -> Iterator[LabelledText | RowProblem]:
    """The texts in a file with their labels, whatever these are called.

    Raises:
        UnreadableFile: the file as a whole cannot be read, or no column holds the text or the label.
    """
    intake = Intake(str, None, UTC, "ymd")
    return _items(path, intake, intake.headers.labelled, intake.labelled, ("text", "label"))


def _items(
    path: Path,
    intake: Intake,
    table: Mapping[str, Names],
    make: Callable[[Given], _Item],
    needs: tuple[str, ...],
) -> Iterator[_Item | RowProblem]:
    columns = Columns(table)
    checked = path.suffix.lower() in KEYED  # there, every row names its own columns
    for row in read_rows(path):
        if isinstance(row, RowProblem):
            yield row
            continue
        if not checked:
            _require(path, columns, row, needs)
            checked = True
        given = columns.given(row.cells)
        intake.begin(row.number, given)
        item = _made(row.number, make, given)
        yield from intake.remarks
        yield item


def _made(number: int, make: Callable[[Given], _Item], given: Given) -> _Item | RowProblem:
    try:
        return make(given)
    except BadCell as bad:
        return RowProblem(number, bad.field, bad.problem, bad.remedy)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(map(str, fault["loc"]))
        return RowProblem(
            number,
            field,
            f"does not fit ({fault['msg'].removeprefix('Value error, ')})",
            "correct it, or leave the row out",
        )


def _require(path: Path, columns: Columns, row: Row, needs: tuple[str, ...]) -> None:
    for field in needs:
        if not columns.knows(row.cells, field):
            raise UnreadableFile(
                f"{path.name}: none of its {len(row.cells)} columns is known to hold the {field}; "
                f"call one {field!r} in the first row"
            )
