"""Customers on record twice are found, families are not taken for one person, nothing is merged unasked."""

import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from bot.database import Database
from profiles.customer import Customer
from profiles.duplicate_book import DuplicateBook
from profiles.duplicate_rules import SHIPPED, Agreement, DuplicateRules
from profiles.duplicate_tables import people_of
from profiles.duplicate_values import Person, columns_of, normal
from profiles.duplicates import automatic, propose
from profiles.errors import InvalidInput, InvalidRules
from profiles.fact import Fact, Identity
from profiles.people import People
from profiles.store import ProfileStore
from tests.conftest import SHARED

NOW = datetime(2026, 6, 30, tzinfo=UTC)
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰晓梅建国志远思雨欣怡浩然子轩"
ROADS = ("文三路", "解放大道", "人民南路", "中山北路", "建设路", "和平街", "学院路", "长江路")
PLACES = (
    "浙江省杭州市西湖区",
    "湖北省武汉市江岸区",
    "四川省成都市武侯区",
    "上海市虹口区",
    "江苏省南京市鼓楼区",
)


def person(id_: str, **values: str | tuple[str, ...]) -> Person:
    return Person(id_, {k: (v,) if isinstance(v, str) else v for k, v in values.items()})


def invented(count: int, seed: int = 3) -> list[Person]:
    """Chinese people, each of their own."""
    chance = random.Random(seed)
    people: list[Person] = []
    for number in range(count):
        name = chance.choice(SURNAMES) + "".join(chance.sample(GIVEN, chance.choice((1, 2, 2))))
        day = f"{chance.randint(1950, 2005)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
        road = f"{chance.choice(PLACES)}{chance.choice(ROADS)}{chance.randint(1, 300)}号"
        people.append(
            person(
                f"c{number:03}", name=name, birth_date=day, street=road,
                phone=f"+86138{chance.randrange(10**8):08}", email=f"u{chance.randrange(10**6)}@example.com",
            )
        )  # fmt: skip
    return people


def changed(one: Person, id_: str, **values: str | None) -> Person:
    kept = {kind: v for kind, v in one.values.items() if values.get(kind, "") is not None}
    return Person(id_, {**kept, **{kind: (v,) for kind, v in values.items() if v is not None}})


def ids(people: list[Person], **more: Any) -> set[tuple[str, str]]:
    return {(each.first, each.second) for each in propose(people, **more)}


def planted() -> tuple[list[Person], set[tuple[str, str]]]:
    """Sixty people; twelve of them are there twice, and families that only look alike."""
    people = invented(60)
    twice: list[Person] = []
    for place, one in enumerate(people[:12]):
        street = one.values["street"][0]
        again = f"{one.id}x"
        bare = "".join(sign for sign in street if sign not in "省市区")
        twice.append(
            [
                changed(one, again, street=bare, email=None),
                changed(one, again, phone="+8613900000001", email=None),
                changed(one, again, street="广东省深圳市南山区科技园1号", email=None),
                changed(one, again, birth_date=None),
                changed(one, again, phone=None, street=None),
                changed(one, again, name=f" {one.values['name'][0][0]} {one.values['name'][0][1:]}"),
            ][place % 6]
        )
    twins = [
        changed(people[20], "twin", name=people[20].values["name"][0][0] + "大宝", email=None),
        changed(people[20], "twin2", name=people[20].values["name"][0][0] + "小宝", email=None),
        changed(people[21], "son", name=people[21].values["name"][0][0] + "小军", birth_date="2001-02-03",
                email=None),
        changed(people[22], "wife", name="林秀英", birth_date="1971-05-06", email=None),
        person("namesake", name=people[23].values["name"][0], birth_date="1999-09-09",
               phone="+8613700000009"),
    ]  # fmt: skip
    truth = {(one.id, f"{one.id}x") for one in people[:12]}
    return [*people, *twice, *twins], truth


def test_chinese_customers_on_record_twice_are_found_and_families_are_not() -> None:
    people, truth = planted()
    found = ids(people)
    assert len(found & truth) / len(truth) >= 0.9, truth - found
    assert len(found & truth) / len(found) >= 0.95, found - truth


def test_the_order_of_people_changes_nothing() -> None:
    people, _ = planted()
    there = propose(people)
    random.Random(1).shuffle(people)
    assert propose(people) == there
    assert [each.probability for each in there] == sorted((e.probability for e in there), reverse=True)


def test_reasons_say_how_kinds_agree_and_hold_no_value() -> None:
    people, _ = planted()
    for each in propose(people):
        assert each.reasons
        for reason in each.reasons:
            for said in (reason.said("zh"), reason.said("en")):
                assert not any(v[0] in said for p in people for v in p.values.values())
    strongest = propose(people)[0].reasons[0]
    assert strongest.agreement is Agreement.SAME
    assert strongest.bits > 0


def test_a_name_alone_and_a_name_in_a_region_propose_nobody() -> None:
    people = [
        *invented(40),
        person("a", name="欧阳娜娜", region="上海"),
        person("b", name="欧阳娜娜", region="上海市"),
    ]
    assert ("a", "b") not in ids(people)


def test_what_a_household_shares_proposes_nobody() -> None:
    home = {"street": "浙江省杭州市西湖区文三路7号", "phone": "+8613800000000"}
    people = [*invented(40), person("a", family_name="诸葛", **home), person("b", family_name="诸葛", **home)]
    assert ("a", "b") not in ids(people)


def test_a_number_many_people_gave_tells_nothing() -> None:
    people = [*invented(30), *(person(f"k{n}", phone="+8610000000000", name=f"王{n}") for n in range(30))]
    assert not ids(people)


def test_two_numbers_of_the_company_are_said() -> None:
    one = invented(40)
    again = Person("c000x", one[0].values, external_id="K-2")
    people = [Person("c000", one[0].values, external_id="K-1"), *one[1:], again]
    (found,) = propose(people)
    assert (found.first, found.second, found.two_numbers) == ("c000", "c000x", True)
    assert automatic(people) == []


def test_nothing_is_asked_only_where_name_birth_date_and_a_number_of_their_own_are_the_same() -> None:
    people = invented(30)
    people += [
        Person("c000x", people[0].values),
        changed(people[1], "c001x", email=None, phone=None),
        changed(people[2], "c002x", birth_date="1980-01-01"),
        changed(people[3], "c003x", name="林小小"),
    ]
    assert automatic(people) == [("c000", "c000x")]


@pytest.mark.parametrize("people", [[], [person("a", name="李雷")], [person("a"), person("b")]])
def test_where_there_is_nothing_to_compare_nobody_is_proposed(people: list[Person]) -> None:
    assert propose(people) == []
    assert automatic(people) == []


def test_everybody_the_same_is_still_answered() -> None:
    people = [person(f"p{n}", name="李雷", birth_date="1990-01-01") for n in range(8)]
    assert all(0 <= each.probability <= 1 for each in propose(people, least=0))


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["name", "birth_date", "email", "phone", "street", "region"]),
            st.tuples(st.text(max_size=12)),
        ),
        max_size=8,
    )
)
def test_any_text_is_compared_without_fail(rows: list[dict[str, tuple[str]]]) -> None:
    people = [Person(str(number), row) for number, row in enumerate(rows)]
    for each in propose(people, least=0):
        assert 0 <= each.probability <= 1
        assert each.first < each.second


@pytest.mark.parametrize(
    ("how", "one", "other"),
    [
        ("place", "浙江省杭州市西湖区文三路138号", "浙江杭州 西湖 文三138"),
        ("date", "1990年3月5日", "1990-03-05"),
        ("date", "19900305", "1990/3/5"),
        ("number", "ＡＢ１２", "ab-12"),
        ("text", "O'Neill", "ONEILL"),
    ],
)
def test_the_same_written_otherwise_is_the_same(how: Any, one: str, other: str) -> None:
    signs = DuplicateRules.shipped().place_signs
    assert normal(one, how, signs) == normal(other, how, signs)


@pytest.mark.parametrize(
    ("whole", "family", "given_name"),
    [
        ("欧阳 娜娜", "欧阳", "娜娜"),
        ("李雷", "李", "雷"),
        ("John Q. Smith", "smith", "johnq"),
        ("Smith, John", "smith", "john"),
        ("Cher", "cher", ""),
    ],
)
def test_a_whole_name_is_taken_apart(whole: str, family: str, given_name: str) -> None:
    columns = columns_of([person("a", name=whole)], DuplicateRules.shipped()).texts
    assert columns["family_name"] == [family]
    assert columns.get("given_name", [""]) == [given_name]


def test_a_typo_in_the_rules_is_told_with_its_line(tmp_path: Path) -> None:
    text = SHIPPED.read_text("utf-8")
    file = tmp_path / "duplicates.toml"
    file.write_text(text.replace('swaps_with = "family_name"', 'swaps_with = "famly_name"'), "utf-8")
    with pytest.raises(
        InvalidRules, match=r"duplicates\.toml:\d+: kinds\.given_name\.swaps_with.*famly_name"
    ):
        DuplicateRules.load(file)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_febrl(number: int) -> None:
    file = SHARED / "data" / "evaluate" / "febrl" / f"dataset{number}.csv"
    if not file.exists():
        pytest.skip("needs the shared data: evaluate/febrl")
    people = people_of(file)
    owner = {one.id: one.id.split("-")[1] for one in people}
    groups = list(owner.values())
    twice = sum(groups.count(one) * (groups.count(one) - 1) // 2 for one in set(groups))
    found = [(each.first, each.second) for each in propose(people)]
    right = sum(owner[a] == owner[b] for a, b in found)
    assert 2 * right / (len(found) + twice) >= 0.95
    assert all(owner[a] == owner[b] for a, b in automatic(people))


# ---- on record


def customer(id_: str, name: str, *identities: Identity, born: str = "1990-01-02") -> Customer:
    facts = [
        Fact(field=field, value=value, source="crm", observed_at=NOW.date(), purpose="complaint_handling",
             basis="contract")
        for field, value in (("name", name), ("birth_date", born), ("address", "上海市虹口区和平街8号"))
    ]  # fmt: skip
    return Customer(id=id_, identities=identities, facts=tuple(facts))


def phone(number: str) -> Identity:
    return Identity(kind="phone", value=number)


@pytest.fixture
def stored(tmp_path: Path) -> tuple[DuplicateBook, ProfileStore, People]:
    database = Database(f"sqlite:///{tmp_path / 'r.db'}")
    database.migrate()
    store = ProfileStore(database)
    others = [
        customer(
            one.id, one.values["name"][0], phone(one.values["phone"][0]), born=one.values["birth_date"][0]
        )
        for one in invented(40)
    ]
    store.put_customers(
        "t",
        [
            *others,
            customer("x1", "陈晓梅", phone("13800138000")),
            customer("x2", "陈 晓梅", phone("13800138000")),
        ],
    )
    return DuplicateBook(database), store, People(database)


def test_what_was_found_is_on_record_until_it_is_merged(
    stored: tuple[DuplicateBook, ProfileStore, People],
) -> None:
    book, _, people = stored
    assert book.find("t", NOW) == 1
    (found,) = book.proposals("t")
    assert (found.first, found.second) == ("x1", "x2")
    assert "出生日期相同" in [reason.said("zh") for reason in found.reasons]
    assert book.proposals("other") == []
    people.merge("t", "x2", "x1", by="somebody", reason="same person")
    assert book.proposals("t") == []
    assert book.find("t", NOW) == 0
    people.unmerge("t", "x2")
    assert book.find("t", NOW) == 1


def test_who_was_refused_is_not_proposed_again(stored: tuple[DuplicateBook, ProfileStore, People]) -> None:
    book, _, _ = stored
    book.find("t", NOW)
    book.refuse("t", "x2", "x1", by="somebody")
    assert book.proposals("t") == []
    assert book.find("t", NOW) == 0
    with pytest.raises(InvalidInput, match="not proposed"):
        book.refuse("t", "x1", "c001", by="somebody")
    with pytest.raises(InvalidInput, match="at least one"):
        book.proposals("t", 0)


def test_who_is_forgotten_is_no_proposal(stored: tuple[DuplicateBook, ProfileStore, People]) -> None:
    book, store, _ = stored
    book.find("t", NOW)
    store.forget("t", "x2")
    assert book.proposals("t") == []


def test_the_certain_are_merged_and_it_can_be_taken_back(
    stored: tuple[DuplicateBook, ProfileStore, People],
) -> None:
    book, store, people = stored
    (done,) = book.merge_certain("t", NOW)
    assert (done.customer_id, done.into, done.by) == ("x2", "x1", "automatic")
    assert book.merge_certain("t", NOW) == []
    people.unmerge("t", "x2")
    found = store.customer("t", "x2")
    assert found is not None
    assert found.id == "x2"


# ---- tables


def test_a_table_without_an_id_or_with_one_twice_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("name,dob\nA,1990-01-01\n", "utf-8")
    with pytest.raises(InvalidInput, match="no column with id"):
        people_of(file)
    file.write_text("id,colour\n1,red\n", "utf-8")
    with pytest.raises(InvalidInput, match="can be compared"):
        people_of(file)
    file.write_text("id,name\n1,A\n1,B\n", "utf-8")
    with pytest.raises(InvalidInput, match="stands"):
        people_of(file)
