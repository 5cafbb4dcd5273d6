from datetime import date
from pathlib import Path

import pytest

from profiles.errors import InvalidInput, InvalidRules, UndeclaredField
from profiles.fact import Fact
from profiles.registry import SHIPPED, Registry


def fact(**changes: object) -> Fact:
    known = {
        "field": "region",
        "value": "江苏无锡",
        "source": "crm",
        "observed_at": "2026-01-05",
        "purpose": "complaint_handling",
        "basis": "contract",
    }
    return Fact.model_validate({**known, **changes})


def changed(tmp_path: Path, before: str, after: str) -> Path:
    """The shipped file with one passage replaced."""
    source = SHIPPED.read_text(encoding="utf-8")
    assert source.count(before) == 1
    path = tmp_path / "fields.toml"
    path.write_text(source.replace(before, after), encoding="utf-8")
    return path


def line_of(path: Path, text: str) -> int:
    return next(n for n, line in enumerate(path.read_text("utf-8").splitlines(), 1) if text in line)


def test_an_undeclared_field_is_refused_with_the_names_that_are_close() -> None:
    with pytest.raises(UndeclaredField, match="did you mean 'preferred_channel'") as refused:
        Registry.shipped().field("prefered_chanel")
    assert refused.value.close[0] == "preferred_channel"
    with pytest.raises(UndeclaredField, match="'zodiac' is not declared: declare it in") as refused:
        Registry.shipped().field("zodiac")
    assert refused.value.close == ()


def test_a_fact_must_keep_to_the_purposes_and_the_basis_of_its_field() -> None:
    rules = Registry.shipped()
    rules.check(fact())
    with pytest.raises(InvalidInput, match="'region' is not for purpose 'qa', only for complaint_handling"):
        rules.check(fact(purpose="qa"))
    with pytest.raises(InvalidInput, match="'life_event' cannot rest on basis 'contract', only on consent"):
        rules.check(fact(field="life_event"))


def test_an_undeclared_purpose_is_refused_with_the_declared_ones() -> None:
    with pytest.raises(InvalidInput, match="'marketing' is no purpose: use one of complaint_handling"):
        Registry.shipped().check_purpose("marketing")


def test_no_feeling_and_no_score_of_a_person_is_declared() -> None:
    for name in Registry.shipped().fields:
        assert not {"emotion", "sentiment", "mood", "score", "risk", "intensity"} & set(name.split("_"))


def test_sensitive_fields_and_names_go_to_no_model_and_no_vector() -> None:
    fields = Registry.shipped().fields
    sensitive = {name for name, field in fields.items() if field.sensitivity == "sensitive"}
    assert {"accessibility_need", "life_event"} <= sensitive
    for name in sensitive | {"name", "title", "region", "policy_number_tail", "recent_order"}:
        assert not fields[name].llm_allowed
        assert not fields[name].vector_allowed


def test_a_fact_is_kept_until_its_own_expiry_or_the_retention_of_its_field() -> None:
    rules = Registry.shipped()
    event = {"field": "life_event", "basis": "consent", "observed_at": "2026-01-01"}
    assert rules.fields["life_event"].retention_days == 730
    kept_until = rules.fields["life_event"].kept_until
    assert kept_until(fact(**event)) == date(2028, 1, 1)
    assert kept_until(fact(**event, expires_at="2026-06-01")) == date(2026, 6, 1)
    assert kept_until(fact(**event, expires_at="2031-01-01")) == date(2028, 1, 1)
    assert kept_until(fact(**{**event, "observed_at": "9999-12-01"})) == date.max
    assert rules.fields["region"].kept_until(fact()) is None


@pytest.mark.parametrize(
    ("header", "use"),
    [
        ("客户编号", "external_id"), ("Customer ID", "external_id"), ("customer_id", "external_id"),
        ("姓名", "name"), ("手机号码（必填）", "phone"), ("E-Mail", "email"), ("邮箱", "email"),
        ("客户等级", "segment"), ("地区", "region"), ("语言", "correspondence_language"),
        ("language", "correspondence_language"), ("方言", "language"), ("备注", None), ("", None),
    ],
)  # fmt: skip
def test_headers_of_exports_are_understood_in_both_languages(header: str, use: str | None) -> None:
    assert Registry.shipped().column(header) == use


def test_a_missing_key_is_reported_with_its_file_and_table(tmp_path: Path) -> None:
    path = changed(tmp_path, '"客户姓名"\nmeaning_en = "The customer\'s name"\n', '"客户姓名"\n')
    with pytest.raises(InvalidRules) as refused:
        Registry.load(path)
    assert (
        str(refused.value)
        == f"{path}:{line_of(path, '[fields.name]')}: fields.name.meaning_en: Field required"
    )


def test_a_wrong_value_is_reported_with_its_line(tmp_path: Path) -> None:
    path = changed(
        tmp_path, 'sensitivity = "sensitive"     # economic', 'sensitivity = "secret"     # economic'
    )
    with pytest.raises(InvalidRules) as refused:
        Registry.load(path)
    line = line_of(path, '"secret"')
    assert str(refused.value).startswith(
        f"{path}:{line}: fields.payment_behaviour.sensitivity: Input should be"
    )


def test_a_sensitive_field_that_is_open_to_models_is_refused(tmp_path: Path) -> None:
    before = 'sensitivity = "sensitive"     # economic situation\nretention_days = 730\nllm_allowed = false'
    path = changed(tmp_path, before, before.replace("llm_allowed = false", "llm_allowed = true"))
    with pytest.raises(InvalidRules, match=r"payment_behaviour: .*goes to no model and no vector"):
        Registry.load(path)


def test_places_of_the_file_that_contradict_each_other_are_reported_with_their_line(tmp_path: Path) -> None:
    path = changed(tmp_path, 'columns = ["job", "profession"', 'columns = ["姓名", "profession"')
    with pytest.raises(InvalidRules) as refused:
        Registry.load(path)
    line = line_of(path, "profession")
    assert str(refused.value) == (
        f"{path}:{line}: fields.occupation.columns: column '姓名' already holds 'name': keep it in one place"
    )
    path = changed(tmp_path, 'purpose = "complaint_handling"', 'purpose = "marketing"')
    with pytest.raises(InvalidRules, match=r"flat\.purpose: purpose 'marketing' is not declared: add"):
        Registry.load(path)


@pytest.mark.parametrize("content", ["version = \nsource = 1\n", "\ufeffversion = '1'"])
def test_what_is_no_toml_is_reported_with_its_file(tmp_path: Path, content: str) -> None:
    path = tmp_path / "fields.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InvalidRules, match=r"fields\.toml: .*line 1"):
        Registry.load(path)


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(InvalidRules, match=r"none\.toml"):
        Registry.load(tmp_path / "none.toml")
