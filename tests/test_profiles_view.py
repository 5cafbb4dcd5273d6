from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, strategies as st
from inline_snapshot import snapshot

from profiles.consent import ConsentEntry, ConsentKind
from profiles.customer import Customer
from profiles.errors import InvalidInput
from profiles.fact import Contact, Fact
from profiles.registry import Registry
from profiles.view import View, view

TODAY = date(2026, 11, 22)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def fact(field: str = "region", value: str = "无锡", **changes: object) -> Fact:
    known = {
        "source": "crm",
        "observed_at": "2026-01-05",
        "purpose": "complaint_handling",
        "basis": "contract",
        "confidence": 0.9,
    }
    return Fact.model_validate({"field": field, "value": value, **known, **changes})


def contact(days_ago: float, summary: str = "来电询问进度。", promise: str | None = None) -> Contact:
    return Contact(at=NOON - timedelta(days=days_ago), channel="phone", summary=summary, promise=promise)


def entry(kind: ConsentKind, days_ago: float, consent_id: str | None = None) -> ConsentEntry:
    return ConsentEntry(
        at=NOON - timedelta(days=days_ago), purpose="complaint_handling", kind=kind, consent_id=consent_id
    )


def customer(
    *facts: Fact, contacts: tuple[Contact, ...] = (), consents: tuple[ConsentEntry, ...] = ()
) -> Customer:
    return Customer(id="cust-1", language="zh", facts=facts, contacts=contacts, consents=consents)


def seen(who: Customer, *, today: date = TODAY, verified: bool = True, for_model: bool = False) -> View:
    return view(who, purpose="complaint_handling", today=today, verified=verified, for_model=for_model)


def values(shown: View) -> list[str]:
    return [fact.value for fact in shown.facts]


def test_facts_are_shown_in_the_order_of_their_declaration() -> None:
    shown = seen(customer(fact("region"), fact("occupation", "店主"), fact("name", "陆雅琴")))
    assert [(f.field, f.value) for f in shown.facts] == [
        ("name", "陆雅琴"),
        ("region", "无锡"),
        ("occupation", "店主"),
    ]
    assert (shown.withheld, shown.note) == (None, "")


def test_a_fact_is_shown_through_its_last_day_and_not_after() -> None:
    who = customer(fact(expires_at="2026-11-22"))
    assert values(seen(who)) == ["无锡"]
    assert seen(who, today=date(2026, 11, 23)).facts == ()


def test_a_fact_past_the_retention_of_its_field_is_not_shown() -> None:
    who = customer(fact("recent_order", "SO-448213", observed_at="2024-11-22"))
    assert values(seen(who)) == ["SO-448213"]
    assert seen(who, today=date(2026, 11, 23)).facts == ()


def test_a_fact_for_another_purpose_is_not_shown() -> None:
    who = customer(fact("product", "借记卡", purpose="qa"), fact("plan", "畅享套餐"))
    assert values(seen(who)) == ["畅享套餐"]
    assert values(view(who, purpose="qa", today=TODAY, verified=True)) == ["借记卡"]


def test_a_field_that_is_not_declared_or_no_longer_for_the_purpose_is_not_shown() -> None:
    shown = seen(customer(fact("zodiac", "狮子座"), fact("region")))
    assert values(shown) == ["无锡"]
    assert view(customer(fact(purpose="qa")), purpose="qa", today=TODAY, verified=True).facts == ()


def test_an_undeclared_purpose_is_refused() -> None:
    with pytest.raises(InvalidInput, match="'marketing' is no purpose"):
        view(customer(), purpose="marketing", today=TODAY, verified=True)


def test_a_fact_that_names_its_consent_needs_it_on_the_ledger() -> None:
    needing = fact("life_event", "丧偶", basis="consent", consent_id="c-1")
    assert seen(customer(needing)).facts == ()
    assert values(seen(customer(needing, consents=(entry("granted", 9, "c-1"),)))) == ["丧偶"]
    assert seen(customer(needing, consents=(entry("granted", 9, "c-2"),))).facts == ()


def test_a_withdrawn_consent_takes_its_facts_away_until_it_is_given_again() -> None:
    needing = fact("life_event", "丧偶", basis="consent", consent_id="c-1")
    attested = fact("preferred_channel", "短信", basis="consent")
    contract = fact("region")
    ledger = (entry("granted", 9, "c-1"), entry("withdrawn", 5, "c-1"))
    who = customer(needing, attested, contract, consents=ledger)
    assert values(seen(who)) == ["无锡"]
    again = customer(needing, attested, contract, consents=(*ledger, entry("granted", 1)))
    assert values(seen(again)) == ["短信", "丧偶", "无锡"]


def test_consent_taken_at_its_source_s_word_is_withdrawn_with_the_purpose() -> None:
    attested = fact("preferred_channel", "短信", basis="consent")
    assert values(seen(customer(attested))) == ["短信"]
    assert seen(customer(attested, consents=(entry("withdrawn", 1),))).facts == ()


def test_of_two_declarations_at_one_moment_the_one_that_forbids_holds() -> None:
    attested = fact("preferred_channel", "短信", basis="consent")
    assert seen(customer(attested, consents=(entry("withdrawn", 1), entry("granted", 1)))).facts == ()
    assert (
        seen(customer(attested, consents=(entry("objected", 1), entry("granted", 1)))).withheld == "objected"
    )


def test_a_customer_who_objects_shows_nothing_until_they_agree_again() -> None:
    who = customer(fact(), contacts=(contact(1, promise="周五回电"),), consents=(entry("objected", 3),))
    assert seen(who) == snapshot(
        View(
            customer_id="cust-1",
            language="zh",
            withheld="objected",
            note="客户已拒绝将其资料用于此目的；请照常处理投诉，不使用客户资料。",
        )
    )
    withdrawn_since = who.model_copy(update={"consents": (*who.consents, entry("withdrawn", 2))})
    assert seen(withdrawn_since).withheld == "objected"
    agreed = who.model_copy(update={"consents": (*who.consents, entry("granted", 1))})
    assert values(seen(agreed)) == ["无锡"]
    other_purpose = view(
        customer(fact("product", "x", purpose="qa"), consents=who.consents),
        purpose="qa",
        today=TODAY,
        verified=True,
    )
    assert values(other_purpose) == ["x"]


def test_an_unverified_customer_shows_nothing_personal_and_says_why() -> None:
    who = customer(fact(), contacts=(contact(1, promise="周五回电"),))
    assert seen(who, verified=False) == snapshot(
        View(
            customer_id="cust-1",
            language="zh",
            withheld="unverified",
            note="客户身份尚未核实，个人信息暂不显示；请先核实身份。",
        )
    )
    english = view(who, purpose="complaint_handling", today=TODAY, verified=False, language="en")
    assert english.note.startswith("The customer's identity has not been verified")


def test_what_is_not_personal_may_be_shown_before_verification() -> None:
    shipped = Registry.shipped()
    open_field = shipped.fields["plan"].model_copy(update={"sensitivity": "none"})
    rules = shipped.model_copy(update={"fields": {**shipped.fields, "plan": open_field}})
    who = customer(fact("plan", "畅享套餐"), fact("region"))
    shown = view(who, purpose="complaint_handling", today=TODAY, verified=False, fields=rules)
    assert (values(shown), shown.withheld) == (["畅享套餐"], "unverified")


def test_a_customer_of_whom_nothing_may_be_used_says_so() -> None:
    assert (seen(customer()).withheld, seen(customer()).facts) == ("nothing_usable", ())


def test_the_more_certain_fact_is_shown_and_the_contradiction_is_told() -> None:
    certain = fact(value="无锡", confidence=0.95, observed_at="2025-01-01")
    newer = fact(value="苏州", confidence=0.6, observed_at="2026-10-01", source="agent")
    shown = seen(customer(newer, certain))
    assert shown.facts == (certain,)
    assert [(c.field, c.shown, c.others) for c in shown.conflicts] == [("region", certain, (newer,))]


def test_of_equally_certain_facts_the_newer_is_shown() -> None:
    old, new = fact(value="无锡", observed_at="2024-01-01"), fact(value="苏州", source="agent")
    assert seen(customer(old, new)).facts == (new,)


def test_sources_that_agree_do_not_contradict_each_other() -> None:
    shown = seen(customer(fact(value="Leeds"), fact(value=" leeds", source="agent", confidence=0.5)))
    assert (values(shown), shown.conflicts) == (["Leeds"], ())


def test_a_fact_that_may_not_be_used_contradicts_nothing() -> None:
    shown = seen(customer(fact(confidence=1.0, value="苏州", expires_at="2026-01-31"), fact(confidence=0.2)))
    assert (values(shown), shown.conflicts) == (["无锡"], ())


def test_fields_with_many_values_show_them_all() -> None:
    shown = seen(customer(fact("product", "借记卡"), fact("product", "定期存款", source="agent")))
    assert (sorted(values(shown)), shown.conflicts) == (["借记卡", "定期存款"], ())


def test_a_model_sees_only_what_it_may() -> None:
    who = customer(
        fact("name", "陆雅琴"),
        fact("preferred_channel", "短信"),
        fact("accessibility_need", "听力下降", basis="consent"),
        contacts=(contact(3, "陆女士来电。", promise="周五前回电"),),
    )
    shown = seen(who, for_model=True)
    assert (values(shown), shown.contacts, shown.open_promises) == (["短信"], (), ("周五前回电",))


def test_a_model_sees_no_promise_where_the_field_forbids_it() -> None:
    shipped = Registry.shipped()
    closed = shipped.fields["open_promise"].model_copy(update={"llm_allowed": False})
    rules = shipped.model_copy(update={"fields": {**shipped.fields, "open_promise": closed}})
    who = customer(fact("open_promise", "月底答复"), contacts=(contact(3, promise="周五前回电"),))
    shown = view(who, purpose="complaint_handling", today=TODAY, verified=True, for_model=True, fields=rules)
    assert shown.open_promises == ()


def test_the_five_newest_contacts_are_shown_newest_first() -> None:
    who = customer(contacts=tuple(contact(days, f"第{days}天") for days in (3, 9, 1, 7, 5, 8, 2)))
    assert [c.summary for c in seen(who).contacts] == ["第1天", "第2天", "第3天", "第5天", "第7天"]


def test_contacts_are_shown_only_for_their_purposes() -> None:
    who = customer(fact("product", "借记卡", purpose="rca_analytics"), contacts=(contact(1),))
    assert view(who, purpose="rca_analytics", today=TODAY, verified=True).contacts == ()


def test_promises_stay_open_for_ninety_days_whichever_contacts_are_shown() -> None:
    kept = contact(90, "A", promise="90天前的承诺")
    recent = tuple(contact(days, str(days)) for days in range(1, 8))
    who = customer(
        fact("open_promise", "月底书面答复", observed_at="2026-11-01", expires_at="2026-11-30"),
        contacts=(contact(91, "B", promise="过期承诺"), kept, *recent),
    )
    shown = seen(who)
    assert shown.open_promises == ("月底书面答复", "90天前的承诺")
    assert kept not in shown.contacts
    assert seen(who, today=date(2026, 12, 1)).open_promises == ()


def test_a_promise_made_twice_is_listed_once() -> None:
    who = customer(contacts=(contact(4, "A", promise="周五回电"), contact(2, "B", promise="周五回电")))
    assert seen(who).open_promises == ("周五回电",)


DAYS = st.dates(date(2024, 1, 1), date(2028, 12, 31))
FACTS = st.builds(
    fact,
    field=st.sampled_from(["name", "region", "product", "life_event", "zodiac", "open_promise"]),
    value=st.sampled_from(["a", "b", "c"]),
    source=st.sampled_from(["crm", "agent"]),
    observed_at=DAYS,
    expires_at=st.none() | DAYS,
    purpose=st.sampled_from(["complaint_handling", "qa", "rca_analytics"]),
    basis=st.sampled_from(["contract", "consent"]),
    confidence=st.sampled_from([0.2, 0.5, 1.0]),
)
ENTRIES = st.builds(
    entry,
    kind=st.sampled_from(["granted", "withdrawn", "objected"]),
    days_ago=st.integers(0, 400),
)


@given(st.lists(FACTS, max_size=8), st.lists(ENTRIES, max_size=3), DAYS, st.booleans(), st.booleans())
def test_no_view_ever_holds_what_it_must_not(
    facts: list[Fact], entries: list[ConsentEntry], today: date, verified: bool, for_model: bool
) -> None:
    rules = Registry.shipped()
    who = customer(*facts, consents=tuple(entries))
    shown = seen(who, today=today, verified=verified, for_model=for_model)
    newest = max((e.at for e in entries), default=None)
    latest = {e.kind for e in entries if e.at == newest}
    everything = [*shown.facts, *(f for c in shown.conflicts for f in (c.shown, *c.others))]
    for item in everything:
        field = rules.fields[item.field]
        until = field.kept_until(item)
        assert verified
        assert item.purpose == "complaint_handling" and item.purpose in field.purposes
        assert until is None or today <= until
        assert item.basis == "contract" or latest <= {"granted"}
        assert field.llm_allowed or not for_model
    assert set(shown.open_promises) <= {f.value for f in shown.facts if f.field == "open_promise"}
    single = [f.field for f in shown.facts if not rules.fields[f.field].many]
    assert len(single) == len(set(single))


@given(st.lists(FACTS, max_size=8))
def test_the_view_does_not_depend_on_the_order_of_the_facts(facts: list[Fact]) -> None:
    forwards = seen(customer(*facts))
    backwards = seen(customer(*reversed(facts)))
    assert values(forwards) == values(backwards)
