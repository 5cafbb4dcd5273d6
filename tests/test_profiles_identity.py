from collections.abc import Sequence

import pytest
from hypothesis import given, strategies as st

from profiles.identity import Holder, IdentityKind, Resolution, normalised, readings, resolve

KINDS = st.sampled_from(["external_id", "email", "phone", "wechat", "app_user"])
CN_MOBILE = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
UK_NUMBER = st.from_regex(r"7[1-9][0-9]{8}|20[0-9]{8}", fullmatch=True)
US_NUMBER = st.from_regex(r"[2-9][0-9]{2}[2-9][0-9]{6}", fullmatch=True)
SEPARATOR = st.sampled_from(["", " ", "-", ".", "  ", "\u2013", "\u00a0", "\u200b"])


def test_a_chinese_number_is_found_however_it_is_written() -> None:
    written = [
        "13800138000", "138 0013 8000", "138-0013-8000", "+86 138 0013 8000", "0086-138-0013-8000",
        "8613800138000", "（+86）138 0013 8000", "１３８００１３８０００", "\u202a+8613800138000\u202c",
    ]  # fmt: skip
    assert {normalised("phone", value) for value in written} == {"+8613800138000"}


def test_a_british_number_is_found_however_it_is_written() -> None:
    written = ["+44 20 7946 0958", "+44 (0)20 7946 0958", "0044 20 7946 0958", "442079460958"]
    assert {normalised("phone", value) for value in written} == {"+442079460958"}
    assert normalised("phone", "020 7946 0958", "en") == "+442079460958"


def test_an_american_number_is_found_however_it_is_written() -> None:
    written = ["+1 202 555 0143", "(202) 555-0143", "202.555.0143", "1-202-555-0143", "12025550143"]
    assert {normalised("phone", value) for value in written} == {"+12025550143"}
    # eleven digits that are a Chinese mobile too: the American grouping says which
    assert normalised("phone", "1 (312) 555-0143") == "+13125550143"
    assert normalised("phone", "13125550143") == "+8613125550143"


def test_a_number_that_two_plans_know_is_not_guessed_at() -> None:
    assert normalised("phone", "020 8888 8888") == "02088888888"
    assert normalised("phone", "020 8888 8888", "zh") == "+862088888888"
    assert normalised("phone", "020 8888 8888", "en") == "+442088888888"
    assert readings("phone", "020 8888 8888") == ("02088888888", "+862088888888", "+442088888888")


def test_an_extension_tells_two_people_behind_one_number_apart() -> None:
    assert normalised("phone", "010-12345678 转801") == "+861012345678;ext=801"
    assert normalised("phone", "+86 10 1234 5678 ext. 802") == "+861012345678;ext=802"


@pytest.mark.parametrize(
    "value", ["", "call me", "138****8000", "138xxxx8000", "12", "+1", "1" * 40, "++8613800138000"]
)
def test_what_is_no_phone_number_is_refused_without_repeating_it(value: str) -> None:
    with pytest.raises(ValueError, match=r"no phone number: write it like \+86") as refused:
        normalised("phone", value)
    assert len(value) < 5 or value not in str(refused.value)


@pytest.mark.parametrize("value", ["", "@", "lu.yaqin", "a@b@c", "Lu <lu@example.com>", "a b@example.com"])
def test_what_is_no_address_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="no e-mail address"):
        normalised("email", value)


def test_an_address_is_lower_case_and_half_width() -> None:
    assert normalised("email", "  Lu.YaQin＠Example.COM ") == "lu.yaqin@example.com"


def test_account_names_stay_as_they_are() -> None:
    assert normalised("wechat", " WX_Moonriver ") == "WX_Moonriver"
    assert normalised("app_user", "u-7741029") == "u-7741029"
    assert normalised("external_id", "BK-Z-10233") == "BK-Z-10233"


@given(KINDS, st.text(max_size=60))
def test_normalising_never_fails_otherwise_and_twice_is_once(kind: IdentityKind, value: str) -> None:
    try:
        once = normalised(kind, value)
    except ValueError:
        return
    assert normalised(kind, once) == once


@given(st.emails())
def test_case_and_padding_of_an_address_do_not_matter(address: str) -> None:
    assert (
        normalised("email", address)
        == normalised("email", f" {address.upper()}\t")
        == normalised("email", address.lower())
    )


@given(st.text("0123456789+-() .x;", min_size=1, max_size=24), st.sampled_from(["zh", "en", None]))
def test_a_phone_number_is_stable_and_among_its_readings(value: str, language: str | None) -> None:
    try:
        once = normalised("phone", value, language)
    except ValueError:
        return
    assert once in readings("phone", value)
    assert normalised("phone", once, language) == once
    assert once.partition(";")[0].removeprefix("+").isdigit()


@given(st.data(), st.sampled_from([("86", CN_MOBILE), ("44", UK_NUMBER), ("1", US_NUMBER)]))
def test_separators_in_an_international_number_do_not_matter(
    data: st.DataObject, plan: tuple[str, st.SearchStrategy[str]]
) -> None:
    country, numbers = plan
    number = data.draw(numbers)
    spaced = "".join(data.draw(SEPARATOR) + digit for digit in number)
    prefix = data.draw(st.sampled_from(["+", "00"]))
    assert normalised("phone", f"{prefix}{country}{spaced}") == f"+{country}{number}"


@given(CN_MOBILE, CN_MOBILE)
def test_different_numbers_stay_different(one: str, other: str) -> None:
    assert (normalised("phone", one) == normalised("phone", other)) == (one == other)


# ---- who is believed

Offered = Sequence[tuple[IdentityKind, str]]
Known = dict[tuple[IdentityKind, str], list[Holder]]


def pointing_at(offered: Offered, known: Known) -> Resolution:
    return resolve(offered, lambda kind, value: known.get((kind, value), ()))


def holder(customer_id: str, *, verified: bool = True, external_id: str | None = None) -> Holder:
    return Holder(customer_id, verified, external_id)


def test_the_company_number_decides_before_everything_else() -> None:
    known: Known = {
        ("external_id", "C-1"): [holder("ann", external_id="C-1")],
        ("wechat", "w"): [holder("ben")],
        ("email", "e@example.com"): [holder("cat")],
    }
    offered: Offered = [("email", "e@example.com"), ("wechat", "w"), ("external_id", "C-1")]
    assert pointing_at(offered, known) == Resolution("ann", "found", "external_id")
    assert pointing_at(offered[:2], known) == Resolution("ben", "found", "wechat")
    assert pointing_at(offered[:1], known) == Resolution("cat", "found", "email")


def test_an_address_counts_only_where_it_is_verified_and_a_phone_comes_last() -> None:
    known: Known = {
        ("email", "e@example.com"): [holder("ann", verified=False)],
        ("phone", "+8613800138000"): [holder("ben", verified=False)],
    }
    assert pointing_at([("email", "e@example.com")], known) == Resolution(None, "unknown")
    both: Offered = [("email", "e@example.com"), ("phone", "+8613800138000")]
    assert pointing_at(both, known) == Resolution("ben", "found", "phone")


def test_several_customers_under_one_identity_are_nobody_unless_one_verified_it() -> None:
    shared = [holder("ann", verified=False), holder("ben", verified=False)]
    assert pointing_at([("phone", "1")], {("phone", "1"): shared}) == Resolution(None, "ambiguous", "phone")
    verified = [holder("ann", verified=False), holder("ben")]
    assert pointing_at([("phone", "1")], {("phone", "1"): verified}) == Resolution("ben", "found", "phone")


def test_accounts_that_disagree_are_nobody() -> None:
    known: Known = {("wechat", "w"): [holder("ann")], ("app_user", "a"): [holder("ben")]}
    assert pointing_at([("wechat", "w"), ("app_user", "a")], known) == Resolution(None, "ambiguous", "wechat")


def test_a_customer_with_another_company_number_is_never_taken() -> None:
    known: Known = {("phone", "1"): [holder("ann", external_id="C-1")]}
    offered: Offered = [("external_id", "C-2"), ("phone", "1")]
    assert pointing_at(offered, known) == Resolution(None, "contradicted", "phone")
    assert pointing_at([("external_id", "C-1"), ("external_id", "C-2")], known) == Resolution(
        None, "contradicted", "external_id"
    )


def test_a_new_company_number_may_belong_to_someone_known_without_one() -> None:
    known: Known = {("phone", "1"): [holder("ann")]}
    assert pointing_at([("external_id", "C-9"), ("phone", "1")], known) == Resolution("ann", "found", "phone")


@given(st.permutations([("external_id", "C-1"), ("wechat", "w"), ("email", "e@x"), ("phone", "1")]))
def test_the_order_in_which_identities_are_offered_does_not_matter(
    offered: list[tuple[IdentityKind, str]],
) -> None:
    known: Known = {
        ("wechat", "w"): [holder("ann", external_id="C-2")],
        ("email", "e@x"): [holder("ben")],
        ("phone", "1"): [holder("cat")],
    }
    assert pointing_at(offered, known) == Resolution("ben", "found", "email")
