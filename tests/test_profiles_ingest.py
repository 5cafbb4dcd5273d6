import csv
import io
import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st
from inline_snapshot import snapshot

from bot.database import Database
from profiles.customer import Customer
from profiles.errors import InvalidInput, UndeclaredField
from profiles.ingest import customer_from_row, customer_id_for, is_nested, unknown_columns
from profiles.schema import Base
from profiles.store import ProfileStore, Written
from profiles.view import view

SAMPLE = sorted((Path(__file__).parents[1] / "knowledge" / "sample" / "customers").glob("*.jsonl"))
DAY = date(2026, 11, 22)


def test_there_are_sample_customers_in_both_languages() -> None:
    assert {path.name[:2] for path in SAMPLE} == {"zh", "en"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ProfileStore]:
    database = Database(f"sqlite:///{tmp_path / 'x.db'}")
    Base.metadata.create_all(database._writer)  # pyright: ignore[reportPrivateUsage]  # schema only
    yield ProfileStore(database)
    database.close()


@pytest.mark.parametrize("path", SAMPLE, ids=lambda path: path.stem)
def test_every_sample_customer_loads_and_comes_back_from_the_store(path: Path, store: ProfileStore) -> None:
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    customers = [customer_from_row(row) for row in rows]
    assert store.put_customers("a", customers) == Written(new=len(rows))
    assert store.put_customers("a", customers) == Written(unchanged=len(rows))
    assert list(store.every_customer("a")) == sorted(customers, key=lambda customer: customer.id)
    for row, customer in zip(rows, customers, strict=True):
        assert customer_from_row(customer.model_dump(mode="json")) == customer
        assert [f.value for f in customer.facts] == [f["value"] for f in row["facts"]]
        assert {c.summary for c in customer.contacts} == {c["summary"] for c in row["contacts"]}
        for given_identity in row["identities"]:
            known = store.find("a", given_identity["kind"], given_identity["value"])
            believed = given_identity["verified"] or given_identity["kind"] != "email"
            assert known == (customer.id if believed else None)


@pytest.mark.parametrize("path", SAMPLE, ids=lambda path: path.stem)
def test_every_sample_customer_shows_something_to_an_agent_and_no_name_to_a_model(path: Path) -> None:
    for line in path.read_text("utf-8").splitlines():
        customer = customer_from_row(json.loads(line))
        shown = view(customer, purpose="complaint_handling", today=DAY, verified=True)
        assert len(shown.facts) >= 4
        assert shown.contacts
        model = view(customer, purpose="complaint_handling", today=DAY, verified=True, for_model=True)
        assert not {"name", "title", "life_event", "accessibility_need"} & {f.field for f in model.facts}


def test_a_chinese_export_becomes_a_customer() -> None:
    row = {
        "客户编号": "C-10233", "姓名": "陆雅琴", "手机": "140 0003 1207", "邮箱": "lu.yaqin@example.com",
        "邮箱已验证": "是", "地区": "江苏无锡", "客户等级": "财富客户", "语言": "中文",
        "更新日期": "2026年3月5日", "产品": "",
    }  # fmt: skip
    assert customer_from_row(row).model_dump(mode="json", exclude_defaults=True) == snapshot(
        {
            "id": "cust_a82411dabc6cfe0b474cee97",
            "language": "zh",
            "identities": [
                {"kind": "external_id", "value": "C-10233", "verified": True},
                {"kind": "email", "value": "lu.yaqin@example.com", "verified": True},
                {"kind": "phone", "value": "140 0003 1207"},
            ],
            "facts": [
                {
                    "field": "name",
                    "value": "陆雅琴",
                    "source": "crm",
                    "observed_at": "2026-03-05",
                    "purpose": "complaint_handling",
                    "basis": "contract",
                    "confidence": 0.9,
                },
                {
                    "field": "segment",
                    "value": "财富客户",
                    "source": "crm",
                    "observed_at": "2026-03-05",
                    "purpose": "complaint_handling",
                    "basis": "contract",
                    "confidence": 0.9,
                },
                {
                    "field": "region",
                    "value": "江苏无锡",
                    "source": "crm",
                    "observed_at": "2026-03-05",
                    "purpose": "complaint_handling",
                    "basis": "contract",
                    "confidence": 0.9,
                },
            ],
        }
    )


def test_an_english_export_becomes_a_customer() -> None:
    row = {
        "customer_id": 10233.0, "Full Name": "Opaline Halloway", "Phone": 12025550143, "E-mail": None,
        "Region": "Dayton, Ohio", "Segment": "n/a", "Language": "en-US",
        "Customer Since": datetime.fromisoformat("1988-05-16"), "Email verified": False,
    }  # fmt: skip
    customer = customer_from_row(row, observed_on=DAY)
    assert customer.language == "en"
    assert [(i.kind, i.value, i.verified) for i in customer.identities] == [
        ("external_id", "10233", True),
        ("phone", "12025550143", False),
    ]
    assert [(f.field, f.value, f.source, f.observed_at) for f in customer.facts] == [
        ("name", "Opaline Halloway", "crm", DAY),
        ("customer_since", "1988-05-16", "crm", DAY),
        ("region", "Dayton, Ohio", "crm", DAY),
    ]


def test_a_csv_file_and_our_own_shape_meet_in_one_customer(store: ProfileStore) -> None:
    sample = json.loads(SAMPLE[0].read_text("utf-8").splitlines()[0])
    customer = customer_from_row(sample)
    store.put_customers("a", [customer])
    text = f"customer_id,segment,updated_at\n{customer.external_id},Gold,2026-11-01\n"
    rows = [customer_from_row(row) for row in csv.DictReader(io.StringIO(text))]
    assert store.merge_customers("a", rows) == Written(changed=1)
    assert store.merge_customers("a", rows) == Written(unchanged=1)
    found = store.customer("a", customer.id)
    assert found is not None
    assert len(found.facts) == len({f.field for f in customer.facts} | {"segment"})
    assert (found.contacts, found.language) == (customer.contacts, customer.language)


def test_the_id_of_a_flat_customer_is_stable_and_does_not_show_the_number() -> None:
    one, two = (customer_from_row({"客户号": number}) for number in ("C-10233", " C-10233 "))
    assert one.id == two.id == customer_id_for("C-10233")
    assert one.id.startswith("cust_") and "10233" not in one.id
    assert one.external_id == "C-10233"


def test_unknown_columns_are_reported_and_never_silently_dropped() -> None:
    row = {"客户编号": "C-1", "备注": "VIP", "Shoe size": "38", "地区": "无锡"}
    assert unknown_columns(row) == ("备注", "Shoe size")
    with pytest.raises(InvalidInput, match="unknown columns '备注', 'Shoe size': rename them, declare them"):
        customer_from_row(row)
    customer = customer_from_row(row, leave_out=unknown_columns(row))
    assert [f.value for f in customer.facts] == ["无锡"]


def test_a_column_named_like_a_part_of_our_own_shape_is_an_unknown_column() -> None:
    row = {"客户编号": "C-1", "contacts": "5"}
    assert not is_nested(row)
    with pytest.raises(InvalidInput, match="unknown columns 'contacts': rename them"):
        customer_from_row(row)


@pytest.mark.parametrize(
    ("cell", "name"), [("Null", "Null"), ("NULL", None), (float("nan"), None), (" ", None)]
)
def test_an_empty_cell_is_no_fact(cell: object, name: str | None) -> None:
    facts = customer_from_row({"客户编号": "C-1", "姓名": cell}).facts
    assert [f.value for f in facts] == [name] * (name is not None)


def test_a_field_that_needs_consent_does_not_come_from_a_flat_row() -> None:
    with pytest.raises(
        InvalidInput, match="'特殊需求' holds 'accessibility_need', which rests on consent or"
    ):
        customer_from_row({"客户编号": "C-1", "特殊需求": "听力下降"})
    assert customer_from_row({"客户编号": "C-1", "特殊需求": "无"}).facts == ()


@pytest.mark.parametrize("language", ["普通话", "zh-CN", "中文"])
def test_a_language_we_write_in_is_recognised(language: str) -> None:
    customer = customer_from_row({"客户编号": "C-1", "语言": language})
    assert (customer.language, customer.facts) == ("zh", ())


def test_a_language_we_do_not_write_in_is_kept_as_a_fact() -> None:
    customer = customer_from_row({"customer_id": "C-1", "language": "Polish"})
    assert customer.language is None
    assert [(f.field, f.value) for f in customer.facts] == [("language", "Polish")]


def nested(**changes: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": "cust-1",
        "language": "zh",
        "identities": [{"kind": "email", "value": "lu.yaqin@example.com", "verified": True}],
        "facts": [
            {
                "field": "region", "value": "江苏无锡", "source": "crm", "observed_at": "2026-01-05",
                "purpose": "complaint_handling", "basis": "contract",
            }
        ],
        "contacts": [{"at": "2026-03-02T10:15:00+08:00", "channel": "phone", "summary": "来电"}],
    }  # fmt: skip
    row["facts"][0].update(changes.pop("fact", {}))
    row["contacts"][0].update(changes.pop("contact", {}))
    return {**row, **changes}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            nested(fact={"confidence": 1.5}),
            r"facts\.0 \(region\)\.confidence: Input should be less than or equal to 1",
        ),
        (
            nested(fact={"observed_at": "SECRET"}),
            r"facts\.0 \(region\)\.observed_at: Input should be a valid date",
        ),
        (
            nested(fact={"purpose": "qa"}),
            "field 'region' is not for purpose 'qa', only for complaint_handling",
        ),
        (nested(fact={"consent_id": "c-1"}), "consent_id needs basis 'consent'"),
        (nested(contact={"at": "2026-03-02T10:15:00"}), r"contacts\.0\.at: Input should have timezone info"),
        (nested(contact={"at": "0001-01-01T00:00:00+08:00"}), "outside the years 1 to 9999"),
        (nested(contact={"emotion": "SECRET"}), r"contacts\.0\.emotion: Input should be 'anger', 'anxiety'"),
        (
            nested(identities=[{"kind": "email", "value": "SECRET"}]),
            r"identities\.0: no e-mail address: write it",
        ),
        (nested(identities=[{"kind": "wechat", "value": " "}]), r"identities\.0: the value is blank"),
        (nested(language="SECRET"), "language: Input should be 'zh' or 'en'"),
        (nested(facts="SECRET"), "facts: Input should be a valid tuple"),
        (nested(facts=["SECRET"]), r"facts\.0: Input should be a valid dictionary"),
        (nested(mood="SECRET"), "mood: Extra inputs are not permitted"),
        ({"facts": []}, "id: Field required"),
        ({"姓名": "SECRET"}, r"customer_id \(客户编号\) is missing: a row without the company's own number"),
        ({"客户编号": "C-1", "手机": "SECRET"}, "column '手机' holds no phone number: write it like"),
        ({"客户编号": "C-1", "邮箱": "SECRET"}, "column '邮箱' holds no e-mail address: write it like"),
        ({"客户编号": "C-1", "更新日期": "SECRET"}, "column '更新日期' is no date: write it like 2026-03-05"),
        ({"客户编号": "C-1", "更新日期": "2026-02-30"}, "column '更新日期' is no date"),
        ({"客户编号": "C-1", "邮箱已验证": "SECRET"}, "column '邮箱已验证' is neither yes nor no"),
        (
            {"客户编号": "C-1", "会员号": "SECRET"},
            "two columns give external_id and differ: keep the right one",
        ),
        ({"客户编号": "C-1", "地区": "x", "城市": "SECRET"}, "two columns give region and differ"),
        (
            {"客户编号": "C-1", "地区": ["SECRET"]},
            "column '地区' holds a list: send text, a number or a date",
        ),
        ({"客户编号": "C-1", None: ["SECRET"]}, "more cells than there are columns: quote the commas"),
        ({"客户编号": "S" * 201}, r"identities\.0\.value: String should have at most 200 characters"),
    ],
)
def test_a_bad_row_is_refused_with_its_field_and_without_its_value(row: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as refused:
        customer_from_row(row)
    assert "SECRET" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_an_undeclared_field_is_refused_with_close_names() -> None:
    with pytest.raises(UndeclaredField, match="did you mean 'region'") as refused:
        customer_from_row(nested(fact={"field": "regionn"}))
    assert refused.value.close == ("region",)
    with pytest.raises(UndeclaredField, match="field '星座' is not declared"):
        customer_from_row(nested(fact={"field": "星座"}))


CELLS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.dates()
    | st.datetimes()
)
HEADERS = st.sampled_from(
    [
        "客户编号",
        "手机",
        "邮箱",
        "姓名",
        "language",
        "email_verified",
        "updated_at",
        "products",
        "region",
        "微信",
    ]
)


@given(st.dictionaries(HEADERS, CELLS))
def test_any_flat_row_is_a_customer_or_refused_in_our_words(row: dict[str, Any]) -> None:
    try:
        customer = customer_from_row(row, observed_on=DAY)
    except InvalidInput:
        return
    assert customer_from_row(customer.model_dump(mode="json")) == customer
    assert customer.external_id


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*Customer.model_fields, "x"]), JSON))
def test_any_nested_row_is_a_customer_or_refused_in_our_words(row: dict[str, Any]) -> None:
    try:
        customer = customer_from_row({"facts": [], **row})
    except InvalidInput:
        return
    assert customer.id == row["id"]
