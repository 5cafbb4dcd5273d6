"""A risk model learnt from a company's own history, and in use."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, strategies as st

from bot.cli import main
from profiles.errors import InvalidInput
from profiles.event import Event
from profiles.risk import rule_scores
from profiles.risk_history import COMES_TRUE, CUTS, HORIZON, examples
from profiles.risk_judge import RiskJudge, RiskJudges
from profiles.risk_model import RiskModel
from profiles.risk_rules import RiskRules
from profiles.risk_training import train

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)


def event(number: int, kind: str, days_ago: float, **more: object) -> Event:
    at = NOW - timedelta(days=days_ago)
    return Event.model_validate({"id": f"e{number}", "kind": kind, "at": at, "source": "crm", **more})


def histories(people: int, seed: int = 5) -> Iterator[list[Event]]:
    """Who complained twice lately, or was promised in vain, mostly complains again."""
    chance = random.Random(seed)
    for _ in range(people):
        unlucky = chance.random() < 0.4
        events = [event(0, "contact", 400)]
        for number in range(1, CUTS * 3):
            ago = chance.uniform(0, (CUTS + 1) * HORIZON.days)
            kind = "complaint" if chance.random() < (0.8 if unlucky else 0.1) else "visit"
            events.append(event(number, kind, ago))
        if unlucky:
            events.append(event(99, "broken", chance.uniform(0, 400)))
        yield events


def test_a_row_is_what_was_known_then_and_the_label_what_came_after() -> None:
    days = HORIZON.days
    history = [event(1, "contact", days + 30), event(2, "complaint", days - 10)]
    found = examples([history], "complain_again", NOW)
    assert found.labels == [True]
    assert found.rows[0]["complaints_365d"] == 0
    assert found.rows[0]["contacts_90d"] == 1
    assert found.owners == ["0"]


def test_what_came_too_late_is_no_label() -> None:
    history = [event(1, "contact", 2 * HORIZON.days + 1), event(2, "complaint", HORIZON.days - 1)]
    assert examples([history], "complain_again", NOW).labels == [False, True]


def test_who_left_is_not_looked_at_again() -> None:
    history = [event(1, "contact", 1000), event(2, "left", 3 * HORIZON.days - 5)]
    assert examples([history], "leave", NOW).labels == [False, True]


@given(st.lists(st.tuples(st.floats(0, 500), st.sampled_from(["complaint", "visit", "call"])), max_size=12))
def test_nothing_after_a_day_changes_the_row_of_that_day(later: list[tuple[float, str]]) -> None:
    first = [event(1, "complaint", 700), event(2, "contact", 399), event(3, "complaint", 1)]
    more = [event(9 + n, kind, ago) for n, (ago, kind) in enumerate(later)]
    alone = examples([first], "complain_again", NOW).rows
    both = examples([[*first, *more]], "complain_again", NOW).rows
    for back in range(CUTS, 0, -1):
        if all(ago < HORIZON.days * back for ago, _ in later):
            assert both[CUTS - back] == alone[CUTS - back]


@pytest.mark.parametrize("risk", COMES_TRUE)
def test_every_declared_risk_can_be_learnt(risk: str) -> None:
    assert risk in RiskRules.shipped().risks
    with pytest.raises(InvalidInput, match="until then the rules judge"):
        examples([[event(1, "contact", 300)]], risk, NOW)


def test_a_risk_nobody_declared_is_refused() -> None:
    with pytest.raises(InvalidInput, match="choose from complain_again"):
        examples([], "marry", NOW)


@pytest.fixture(scope="module")
def learnt() -> RiskModel:
    found = examples(histories(250), "complain_again", NOW)
    return train(found.rows, found.labels, found.owners, risk="complain_again", label="complain_again")


def test_the_signal_of_a_history_is_found(learnt: RiskModel) -> None:
    assert learnt.card.metrics.roc_auc > 0.75
    unseen = examples(histories(250, seed=6), "complain_again", NOW)
    measured = learnt.evaluate(unseen.rows, unseen.labels)
    assert measured.roc_auc > 0.75
    assert measured.ece < 0.08


def test_a_tenants_model_judges_at_once_and_for_nobody_else(learnt: RiskModel, tmp_path: Path) -> None:
    judges = RiskJudges(tmp_path)
    traits = {"complaints_90d": 3, "complaints_365d": 6, "broken_promises_365d": 1}
    before = judges.of("a").scores(traits, "en")
    assert {score.source for score in before} == {"rules"}
    learnt.save(judges.folder("a"))
    (score, *others) = judges.of("a").scores(traits, "en")
    assert (score.risk, score.source, score.calibrated) == ("complain_again", learnt.name, True)
    assert score.probability == pytest.approx(learnt.judge(traits, "en").probability)
    assert tuple(others) == before[1:]
    assert judges.of("b").scores(traits, "en") == before


def test_a_model_that_was_changed_by_hand_leaves_the_rules_to_judge(
    learnt: RiskModel, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    judges = RiskJudges(tmp_path)
    learnt.save(judges.folder("a"))
    file = RiskModel.file(judges.folder("a"), "complain_again")
    told = json.loads(file.read_text("utf-8"))
    told["model"]["intercept"] = -9
    file.write_text(json.dumps(told), "utf-8")
    assert {score.source for score in judges.of("a").scores({}, "en")} == {"rules"}
    assert "not what was written" in caplog.text


def test_a_model_of_foreign_columns_is_not_used_for_customers(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [{"tenure": number % 50} for number in range(200)]
    labels = [number % 50 < 20 for number in range(200)]
    judges = RiskJudges(tmp_path)
    train(rows, labels, risk="leave").save(judges.folder("a"))
    assert {score.source for score in judges.of("a").scores({}, "en")} == {"rules"}
    assert "'tenure'" in caplog.text
    assert "without --data" in caplog.text


def test_a_threat_made_now_counts_beside_a_model_that_learnt_from_the_past() -> None:
    rows = [{"complaints_90d": number % 5} for number in range(300)]
    labels = [number % 5 > 2 or number % 7 == 0 for number in range(300)]
    judge = RiskJudge({"escalate": train(rows, labels, risk="escalate")})
    calm = next(s for s in judge.scores({"complaints_90d": 1}, "en") if s.risk == "escalate")
    threat = next(
        s for s in judge.scores({"complaints_90d": 1, "now_escalates": True}, "en") if s.risk == "escalate"
    )
    assert threat.probability > calm.probability
    assert (calm.calibrated, threat.calibrated) == (True, False)
    assert "now_escalates" in {reason.trait for reason in threat.reasons}
    added = {r.trait: r.contribution for s in rule_scores({"now_escalates": True}, "en") for r in s.reasons}
    logit = {name: r.contribution for r in threat.reasons for name in [r.trait]}
    assert logit["now_escalates"] == pytest.approx(added["now_escalates"])


def test_the_commands_train_use_and_renew_it(tmp_path: Path) -> None:
    """From events on record to a warning with reasons, and again by a refresh."""
    home = tmp_path / "home"

    def answer(*arguments: str) -> Any:
        result = CliRunner().invoke(main, [*arguments, "--json"], env={"REDRESS_HOME": str(home)})
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    answer("init")
    now = datetime.now(UTC)
    rows = [
        {**row.model_dump(mode="json", include={"kind"}), "event_id": f"{number}-{row.id}",
         "at": (now - (NOW - row.at)).isoformat(), "customer_id": f"K-{number}"}
        for number, events in enumerate(histories(80))
        for row in events
    ]  # fmt: skip
    file = tmp_path / "events.jsonl"
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    taken = answer("profiles", "import", str(file))
    assert taken["events"]["new"] == len(rows), taken
    told = answer("train", "risk", "--risk", "complain_again")
    assert told["metrics"]["roc_auc"] > 0.6
    warned = answer("profiles", "warnings")
    assert any(one["calibrated"] and one["reasons"] for one in warned)
    assert answer("profiles", "refresh")["risks"]["complain_again"]["model"] is not None
