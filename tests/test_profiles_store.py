import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert
from sqlalchemy.exc import IntegrityError

from bot.database import Database
from profiles.consent import ConsentEntry
from profiles.customer import Customer
from profiles.errors import (
    ErasedCustomer,
    IdentityConflict,
    InvalidInput,
    UndeclaredField,
    UnknownCustomer,
)
from profiles.fact import Contact, Fact, Identity
from profiles.identity import Resolution
from profiles.schema import Base, IdentityRow
from profiles.store import ProfileStore, Written
from profiles.view import view

MORNING = datetime(2026, 3, 2, 10, 15, tzinfo=timezone(timedelta(hours=8)))
HEARD = "听力下降，请勿拨打电话"


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database with the tables of this package, once of each kind."""
    database = Database(database_url)
    Base.metadata.create_all(database._writer)  # pyright: ignore[reportPrivateUsage]  # schema only
    yield database
    database.close()


@pytest.fixture
def store(database: Database) -> ProfileStore:
    return ProfileStore(database)


def fact(field: str = "region", value: str = "无锡", **changes: object) -> Fact:
    known = {
        "source": "crm", "observed_at": "2026-01-05", "purpose": "complaint_handling", "basis": "contract",
        "confidence": 0.95,
    }  # fmt: skip
    return Fact.model_validate({"field": field, "value": value, **known, **changes})


def identity(kind: str, value: str, *, verified: bool = True) -> Identity:
    return Identity.model_validate({"kind": kind, "value": value, "verified": verified})


def contact(minutes: int = 0, summary: str = "来电询问进度。", promise: str | None = None) -> Contact:
    return Contact(at=MORNING + timedelta(minutes=minutes), channel="phone", summary=summary, promise=promise)


def withdrawal(minutes: int = 0) -> ConsentEntry:
    return ConsentEntry(
        at=MORNING + timedelta(minutes=minutes), purpose="complaint_handling", kind="withdrawn", channel="app"
    )


LU = Customer(
    id="cust-lu",
    language="zh",
    identities=(
        identity("external_id", "BK-Z-10233"),
        identity("phone", "+86 140 0003 1207"),
        identity("email", "Lu.YaQin@example.com", verified=False),
    ),
    facts=(
        fact("name", "陆雅琴"),
        fact("accessibility_need", HEARD, basis="consent", consent_id="c-1", expires_at="2028-03-13"),
    ),
    contacts=(contact(0, promise="三天内答复"), contact(5, "再次来电。")),
    consents=(ConsentEntry(at=MORNING, purpose="complaint_handling", kind="granted", consent_id="c-1"),),
)
KIT = Customer(
    id="cust-kit",
    identities=(
        identity("app_user", "kit_1"),
        identity("email", "kit@example.org"),
        identity("phone", "+447700900123"),
    ),
)


def test_a_customer_comes_back_as_it_was_put(store: ProfileStore) -> None:
    assert store.put_customers("a", [LU, KIT]) == Written(new=2)
    assert store.customer("a", "cust-lu") == LU
    assert store.customer("a", "cust-kit") == KIT
    assert store.customer("a", "cust-nobody") is None
    assert store.count("a") == {"customers": 2, "identities": 6, "facts": 2, "contacts": 2}


def test_times_come_back_in_utc(store: ProfileStore) -> None:
    store.put_customers("a", [LU])
    found = store.customer("a", "cust-lu")
    assert found is not None
    assert found.contacts[0].at.isoformat() == "2026-03-02T02:15:00+00:00"
    assert found.consents[0].at == datetime(2026, 3, 2, 2, 15, tzinfo=UTC)


def test_putting_twice_changes_nothing_and_a_change_replaces(store: ProfileStore) -> None:
    store.put_customers("a", [LU, KIT])
    assert store.put_customers("a", [LU, KIT]) == Written(unchanged=2)
    moved = LU.model_copy(update={"facts": (fact(value="苏州"),), "identities": LU.identities[:1]})
    assert store.put_customers("a", [moved, KIT]) == Written(changed=1, unchanged=1)
    assert store.customer("a", "cust-lu") == moved
    assert store.find("a", "phone", "14000031207") is None


def test_an_import_is_all_or_none(store: ProfileStore) -> None:
    bad = Customer(id="cust-x", facts=(fact("zodiac", "狮子座"),))
    with pytest.raises(UndeclaredField, match="'zodiac' is not declared"):
        store.put_customers("a", [LU, bad])
    with pytest.raises(InvalidInput, match="not for purpose 'qa'"):
        store.merge_customers("a", [LU, Customer(id="cust-y", facts=(fact(purpose="qa"),))])
    assert store.count("a")["customers"] == 0


def test_another_tenant_sees_and_touches_nothing(store: ProfileStore) -> None:
    store.put_customers("a", [LU])
    assert store.customer("b", "cust-lu") is None
    assert store.find("b", "external_id", "BK-Z-10233") is None
    assert (store.page("b"), list(store.every_customer("b"))) == ([], [])
    assert set(store.count("b").values()) == {0}
    assert not store.forget("b", "cust-lu")
    with pytest.raises(UnknownCustomer):
        store.add_contact("b", "cust-lu", contact(9))
    other = LU.model_copy(update={"facts": (fact(value="苏州"),), "consents": ()})
    assert store.put_customers("b", [other]) == Written(new=1)
    assert store.merge_customers("b", [Customer(id="cust-lu", facts=(fact(value="常州"),))]) == Written(
        changed=1
    )
    assert store.forget("b", "cust-lu")
    assert store.customer("a", "cust-lu") == LU


@pytest.mark.parametrize(
    ("kind", "value", "found"),
    [
        ("external_id", " BK-Z-10233 ", "cust-lu"),
        ("external_id", "bk-z-10233", None),
        ("phone", "140-0003-1207", "cust-lu"),
        ("phone", "0044 7700 900123", "cust-kit"),
        ("phone", "not a number", None),
        ("email", "KIT@Example.org", "cust-kit"),
        ("email", "lu.yaqin@example.com", None),  # on record, but nobody has verified it
        ("app_user", "kit_1", "cust-kit"),
        ("wechat", "kit_1", None),
    ],
)
def test_a_customer_is_found_by_an_identity_however_it_is_written(
    store: ProfileStore, kind: str, value: str, found: str | None
) -> None:
    store.put_customers("a", [LU, KIT])
    offered = identity("external_id", "x").model_copy(update={"kind": kind})
    assert store.find("a", offered.kind, value) == found


def test_finding_a_customer_reads_their_rows_and_not_everybody_s(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'x.db'}")
    engine = database._writer  # pyright: ignore[reportPrivateUsage]  # schema and query plan only
    Base.metadata.create_all(engine)
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        asked.append((statement, parameters))

    event.listen(database._reader, "before_cursor_execute", note)  # pyright: ignore[reportPrivateUsage]
    ProfileStore(database).find("a", "external_id", "BK-Z-10233")
    statement, parameters = asked[-1]
    with engine.connect() as connection:
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    database.close()
    assert [re.findall(r"(\w+)=\?", step) for step in plan] == [
        ["tenant", "normalised", "kind"],
        ["tenant", "customer_id"],
    ]


def test_a_number_of_two_plans_is_found_by_the_language_of_its_customer(store: ProfileStore) -> None:
    landline = (identity("phone", "020 8888 8888"),)
    chinese = Customer(id="zh", language="zh", identities=landline)
    british = Customer(id="en", language="en", identities=landline)
    store.put_customers("a", [chinese])
    assert store.find("a", "phone", "020-8888-8888") == "zh"
    store.put_customers("a", [british])
    assert store.find("a", "phone", "020-8888-8888") is None
    assert store.find("a", "phone", "+86 20 8888 8888") == "zh"
    assert store.find("a", "phone", "+44 20 8888 8888") == "en"


def test_a_shared_phone_is_nobody_s_and_another_company_number_contradicts(store: ProfileStore) -> None:
    spouse = Customer(id="cust-spouse", identities=(identity("phone", "+8614000031207"),))
    store.put_customers("a", [LU, spouse])
    assert store.resolve("a", [("phone", "14000031207")]) == Resolution(None, "ambiguous", "phone")
    assert store.resolve("a", [("phone", "14000031207"), ("external_id", "BK-Z-99999")]) == Resolution(
        "cust-spouse", "found", "phone"
    )
    store.forget("a", "cust-spouse")
    assert store.resolve("a", [("phone", "14000031207"), ("external_id", "BK-Z-99999")]) == Resolution(
        None, "contradicted", "phone"
    )


def test_one_company_number_is_one_customer(store: ProfileStore) -> None:
    twin = Customer(id="cust-twin", identities=(identity("external_id", "BK-Z-10233"),))
    with pytest.raises(IdentityConflict, match="customers 1 and 2 of this batch") as refused:
        store.put_customers("a", [LU, twin])
    assert "10233" not in str(refused.value)
    store.put_customers("a", [LU])
    with pytest.raises(
        IdentityConflict, match="customer 1 of this batch has an external id that is on record"
    ):
        store.put_customers("a", [twin])
    assert store.put_customers("b", [twin]) == Written(new=1)


def test_a_company_number_can_move_to_another_customer_in_one_import(store: ProfileStore) -> None:
    store.put_customers("a", [LU, KIT])
    without = LU.model_copy(update={"identities": LU.identities[1:]})
    heir = KIT.model_copy(update={"identities": (*KIT.identities, LU.identities[0])})
    assert store.put_customers("a", [heir, without]) == Written(changed=2)
    assert store.find("a", "external_id", "BK-Z-10233") == "cust-kit"


def test_the_database_itself_refuses_a_second_owner_of_a_company_number(
    database: Database, store: ProfileStore
) -> None:
    store.put_customers("a", [LU])
    row = {
        "customer_id": "x", "position": 0, "kind": "external_id", "value": "BK-Z-10233",
        "normalised": "BK-Z-10233", "verified": True,
    }  # fmt: skip
    with pytest.raises(IntegrityError), database.write("a") as session:
        session.execute(insert(IdentityRow), [row])


def test_contacts_added_here_survive_the_next_import(store: ProfileStore) -> None:
    store.put_customers("a", [LU])
    ours = contact(60, "坐席回电。", promise="周五前书面答复")
    store.add_contact("a", "cust-lu", ours)
    store.add_contact("a", "cust-lu", ours)
    assert store.put_customers("a", [LU]) == Written(unchanged=1)
    corrected = LU.model_copy(update={"contacts": (contact(5, "再次来电，已更正。"), ours)})
    assert store.put_customers("a", [corrected]) == Written(changed=1)
    assert store.put_customers("a", [LU.model_copy(update={"contacts": ()})]) == Written(changed=1)
    found = store.customer("a", "cust-lu")
    assert found is not None
    assert found.contacts == (ours,)


def test_a_contact_or_a_consent_needs_its_customer(store: ProfileStore) -> None:
    with pytest.raises(UnknownCustomer, match="no customer 'cust-lu': import them first"):
        store.add_contact("a", "cust-lu", contact())
    with pytest.raises(UnknownCustomer):
        store.add_consent("a", "cust-lu", withdrawal())
    store.put_customers("a", [LU])
    with pytest.raises(InvalidInput, match="'marketing' is no purpose"):
        store.add_consent("a", "cust-lu", withdrawal().model_copy(update={"purpose": "marketing"}))


def test_a_withdrawal_holds_whatever_is_imported_afterwards(store: ProfileStore) -> None:
    store.put_customers("a", [LU])
    store.add_consent("a", "cust-lu", withdrawal(30))
    for put in (store.put_customers, store.merge_customers):
        put("a", [LU])
        put("a", [LU.model_copy(update={"language": None, "consents": ()})])
        found = store.customer("a", "cust-lu")
        assert found is not None
        seen = view(found, purpose="complaint_handling", today=date(2026, 6, 1), verified=True)
        assert [f.value for f in seen.facts] == ["陆雅琴"]


def test_a_partial_record_updates_the_customer_who_has_its_company_number(store: ProfileStore) -> None:
    store.put_customers("a", [LU])
    partial = Customer(
        id="cust-from-csv",
        identities=(identity("external_id", "BK-Z-10233"), identity("phone", "14000039999", verified=False)),
        facts=(fact("name", "陆雅琴"), fact("segment", "财富客户")),
        contacts=(contact(90, "到网点。"),),
    )
    assert store.merge_customers("a", [partial]) == Written(changed=1)
    assert store.merge_customers("a", [partial]) == Written(unchanged=1)
    assert store.customer("a", "cust-from-csv") is None
    found = store.customer("a", "cust-lu")
    assert found is not None
    assert [(f.field, f.value) for f in found.facts] == [
        ("name", "陆雅琴"), ("accessibility_need", HEARD), ("segment", "财富客户"),
    ]  # fmt: skip
    assert (found.language, found.consents) == ("zh", LU.consents)
    assert found.contacts == (*LU.contacts, contact(90, "到网点。"))
    # the number that was replaced may be somebody else's by now
    assert store.find("a", "phone", "14000031207") is None
    assert store.find("a", "phone", "14000039999") == "cust-lu"


def test_a_partial_record_does_not_undo_a_verification(store: ProfileStore) -> None:
    store.put_customers("a", [KIT])
    assert store.merge_customers(
        "a", [Customer(id="cust-kit", identities=(identity("email", "KIT@example.org", verified=False),))]
    ) == Written(changed=1)
    assert store.find("a", "email", "kit@example.org") == "cust-kit"


def test_merging_makes_new_customers_and_joins_the_rows_of_one(store: ProfileStore) -> None:
    number = (identity("external_id", "C-1"),)
    rows = [
        Customer(id="one", identities=number, facts=(fact(value="无锡"),)),
        Customer(id="other", identities=number, facts=(fact("segment", "学生"),)),
    ]
    assert store.merge_customers("a", rows) == Written(new=1)
    found = store.customer("a", "one")
    assert found is not None
    assert [f.value for f in found.facts] == ["无锡", "学生"]


def test_two_different_company_numbers_never_merge(store: ProfileStore) -> None:
    store.put_customers("a", [LU])
    stranger = Customer(id="cust-lu", identities=(identity("external_id", "BK-Z-77777"), *LU.identities[1:]))
    with pytest.raises(IdentityConflict, match="two different external ids are two customers"):
        store.merge_customers("a", [stranger])
    assert store.customer("a", "cust-lu") == LU


def test_same_name_phone_and_address_do_not_merge(store: ProfileStore) -> None:
    namesake = Customer(id="cust-2", identities=LU.identities[1:], facts=LU.facts[:1])
    store.put_customers("a", [LU])
    assert store.merge_customers("a", [namesake]) == Written(new=1)
    assert store.customer("a", "cust-lu") == LU


def test_customers_come_in_pages_in_the_order_of_their_ids(store: ProfileStore) -> None:
    everyone = [Customer(id=f"c-{n:04}", facts=(fact(value=f"城市{n}"),)) for n in range(1100)]
    store.put_customers("a", everyone[::-1])
    assert [c.id for c in store.page("a", limit=3)] == ["c-0000", "c-0001", "c-0002"]
    assert [c.id for c in store.page("a", after="c-0002", limit=2)] == ["c-0003", "c-0004"]
    assert list(store.every_customer("a")) == everyone


def test_a_deleted_customer_is_gone(store: ProfileStore) -> None:
    store.put_customers("a", [LU, KIT])
    assert store.forget("a", "cust-lu")
    assert not store.forget("a", "cust-lu")
    assert store.customer("a", "cust-lu") is None
    assert store.find("a", "external_id", "BK-Z-10233") is None
    assert store.count("a") == {"customers": 1, "identities": 3, "facts": 0, "contacts": 0}
    with pytest.raises(ErasedCustomer, match=r"customer 2 of this batch was forgotten on .*tomb_"):
        store.put_customers("a", [KIT, LU])
    with pytest.raises(ErasedCustomer):
        store.merge_customers("a", [Customer(id="another", identities=LU.identities)])
    assert store.customer("a", "cust-lu") is None
    agreed = ConsentEntry(at=datetime.now(UTC), purpose="complaint_handling", kind="granted")
    back = Customer(id="cust-lu", consents=(agreed,))
    assert store.put_customers("a", [back]) == Written(new=1)
    assert store.put_customers("a", [Customer(id="cust-lu", facts=(fact(value="苏州"),))]) == Written(
        changed=1
    )


def test_no_byte_of_a_deleted_customer_stays_in_the_file(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'x.db'}")
    Base.metadata.create_all(database._writer)  # pyright: ignore[reportPrivateUsage]  # schema only
    store = ProfileStore(database)
    store.put_customers("a", [LU, KIT])
    canaries = [
        HEARD.encode(),
        "陆雅琴".encode(),
        b"BK-Z-10233",
        b"140 0003 1207",
        b"+8614000031207",
        b"YaQin",
    ]
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert all(canary in written for canary in canaries)
    store.forget("a", "cust-lu")
    database.close()
    left = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert [canary for canary in canaries if canary in left] == []
    assert b"kit_1" in left


def test_identity_values_are_in_one_table_only(database: Database, store: ProfileStore) -> None:
    store.put_customers("a", [LU])
    for table in Base.metadata.sorted_tables:
        # a look at the bare tables, as a backup or an administrator would
        with database._reader.connect() as connection:  # pyright: ignore[reportPrivateUsage]
            rows = str(connection.execute(table.select()).all())
        assert ("BK-Z-10233" in rows) == (table.name == "identities")


def test_writers_of_one_customer_take_turns(store: ProfileStore) -> None:
    rows = [LU.model_copy(update={"facts": (fact("name", f"姓名{n}"), *LU.facts[1:])}) for n in range(8)]
    with ThreadPoolExecutor(4) as pool:
        puts = [pool.submit(store.put_customers, "a", [row, KIT]) for row in rows]
        merges = [pool.submit(store.merge_customers, "a", [row]) for row in rows]
        written = sum((done.result() for done in (*puts, *merges)), Written())
        added = [pool.submit(store.add_contact, "a", "cust-lu", contact(60 + n % 3)) for n in range(12)]
        for done in added:
            done.result()
    found = store.customer("a", "cust-lu")
    assert found is not None
    assert written.new == 2
    assert (len(found.facts), len(found.identities), len(found.contacts)) == (2, 3, 5)
    assert store.count("a")["customers"] == 2


def test_texts_no_store_can_hold_are_made_storable(store: ProfileStore) -> None:
    odd = Customer(id="c\x001", facts=(fact(value="a\x00b\ud800"),), contacts=(contact(0, "\x00"),))
    store.put_customers("a", [odd])
    found = store.customer("a", "c\ufffd1")
    assert found is not None
    assert (found.facts[0].value, found.contacts[0].summary) == ("a\ufffdb\ufffd", "\ufffd")


def test_one_record_cannot_have_two_company_numbers() -> None:
    with pytest.raises(ValueError, match="two different external ids are two customers"):
        Customer(id="x", identities=(identity("external_id", "C-1"), identity("external_id", "C-2")))
