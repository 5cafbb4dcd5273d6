"""Groups of a tenant: found at a refresh, kept by name, read anew when the file changes."""

from datetime import date
from pathlib import Path

import pytest

from profiles.errors import InvalidInput
from profiles.grouping import OF_RULES, Groupings
from profiles.segment import Segments
from profiles.segment_planted import planted, shuffled

TODAY = date(2026, 11, 23)


def test_groups_are_found_used_at_once_and_keep_their_codes(tmp_path: Path) -> None:
    groupings = Groupings(tmp_path / "segments")
    made = planted(1, groups=3, customers=450)
    assert groupings.of("a") is OF_RULES
    first = groupings.refresh("a", made.rows, TODAY)
    codes = {group.code for group in first.card.claimed}
    assert len(codes) == 3 and set(first.new) == codes and first.drift is None
    assert sum(first.groups.values()) == 450
    placed = [groupings.of("a").assign(traits).group for traits in made.rows.values()]
    told = [found for found in placed if found is not None]
    assert len(told) > 350 and {found.code for found in told} == codes
    again = groupings.refresh("a", made.rows, TODAY)
    assert {group.code for group in again.card.claimed} == codes
    assert set(again.kept) == codes and not again.new and not again.vanished
    assert again.drift is not None and not again.drift.shifted
    assert groupings.of("b") is OF_RULES, "another tenant has groups of its own"


def test_customers_without_groups_are_told_of_none(tmp_path: Path) -> None:
    groupings = Groupings(tmp_path)
    found = groupings.refresh("a", shuffled(planted(2, customers=400).rows, 3), TODAY)
    assert found.card.claimed == () and set(found.groups) == {"none"}
    assert groupings.refresh("b", {}, TODAY).card.verdict == "too_few"


def test_a_damaged_file_leaves_the_rules(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    groupings = Groupings(tmp_path)
    groupings.refresh("a", planted(3, groups=3, customers=400).rows, TODAY)
    text = groupings.file("a").read_text(encoding="utf-8")
    groupings.file("a").write_text(text.replace('"customers": 400', '"customers": 401'), encoding="utf-8")
    with pytest.raises(InvalidInput, match="is not what was written"):
        Segments.load(groupings.file("a"))
    assert groupings.of("a") is OF_RULES
    assert "refresh the segments" in caplog.text
    groupings.refresh("a", planted(3, groups=3, customers=400).rows, TODAY)
    assert groupings.of("a") is not OF_RULES
