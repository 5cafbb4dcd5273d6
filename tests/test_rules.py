"""Rules files: what is wrong is said with file and line."""

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from knowledge.errors import InvalidRules
from knowledge.rules import load_rules


class Rule(BaseModel):
    model_config = ConfigDict(extra="forbid")
    id: str
    days: int


class Pack(BaseModel):
    version: str
    rule: list[Rule]


GOOD = 'version = "1"\n\n[[rule]]\nid = "a"\ndays = 3\n\n[[rule]]\nid = "b"\ndays = 5\n'


def _load(tmp_path: Path, text: str) -> Pack:
    (tmp_path / "pack.toml").write_text(text, encoding="utf-8")
    return load_rules(tmp_path / "pack.toml", Pack)


def test_a_good_file_loads(tmp_path: Path) -> None:
    assert [rule.days for rule in _load(tmp_path, GOOD).rule] == [3, 5]


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        (GOOD.replace("days = 5", 'days = "five"'), 9, "rule.1.days"),
        (GOOD.replace("days = 3", 'days = "three"'), 5, "rule.0.days"),
        (GOOD.replace('id = "b"\n', ""), 7, "rule.1.id"),
        (GOOD + "colour = 1\n", 10, "rule.1.colour"),
        (GOOD.replace('version = "1"', "version = 1"), 1, "version"),
    ],
)
def test_a_fault_names_file_line_and_field(tmp_path: Path, text: str, line: int, what: str) -> None:
    with pytest.raises(InvalidRules, match=rf"pack\.toml:{line}: {what}"):
        _load(tmp_path, text)


def test_broken_toml_and_a_missing_file_are_said(tmp_path: Path) -> None:
    with pytest.raises(InvalidRules, match=r"pack\.toml.*line 3"):
        _load(tmp_path, 'version = "1"\n\n[[rule]\n')
    with pytest.raises(InvalidRules, match="cannot read"):
        load_rules(tmp_path / "none.toml", Pack)
