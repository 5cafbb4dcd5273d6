"""The taxonomy has the codebook's categories, in both languages, and says what it does not know."""

from pathlib import Path

import pytest
from inline_snapshot import snapshot

from knowledge.errors import InvalidInput, InvalidRules, UnknownCategory
from knowledge.taxonomy import Taxonomy

HEADER = 'version = "1"\nsource = "test"\nvalid_from = "2026-01-01"\n'


def node(code: str, extra: str = "") -> str:
    return f'[[categories]]\ncode = "{code}"\nname_zh = "中"\nname_en = "E"\n{extra}\n'


def test_the_core_has_the_sixteen_categories_of_the_codebook_in_both_languages() -> None:
    core = Taxonomy.core()
    assert {category.code: (category.name_zh, category.name_en) for category in core.categories} == snapshot(
        {
            "fees_pricing": ("收费与定价", "Fees and pricing"),
            "billing_error": ("账务差错", "Billing error"),
            "product_quality": ("产品与服务质量", "Product and service quality"),
            "service_attitude": ("服务态度", "Staff conduct"),
            "delay": ("时效延误", "Delay"),
            "process_rules": ("流程与规则", "Process and rules"),
            "disclosure_misleading": ("信息披露与误导", "Disclosure and misleading information"),
            "sales_marketing": ("营销与未经同意开通", "Sales and marketing conduct"),
            "fraud_unauthorised": ("欺诈与盗用", "Fraud and unauthorised use"),
            "privacy_data": ("个人信息与隐私", "Privacy and personal data"),
            "collection_conduct": ("催收行为", "Debt collection conduct"),
            "system_failure": ("系统与设施故障", "System and facility failure"),
            "contract_terms": ("合同条款", "Contract terms"),
            "discrimination_dignity": ("歧视与人格尊严", "Discrimination and dignity"),
            "safety": ("人身与公共安全", "Safety"),
            "other": ("其他", "Other"),
        }
    )
    assert all(category.description_zh and category.description_en for category in core.categories)
    assert core is Taxonomy.core()


def test_an_unknown_code_is_named_with_the_closest_known_ones() -> None:
    with pytest.raises(UnknownCategory) as caught:
        Taxonomy.core().category("fee_prising")
    message = str(caught.value)
    assert "'fee_prising'" in message
    assert message.index("fees_pricing") < len(message)
    with pytest.raises(UnknownCategory, match="closest known are"):
        Taxonomy.core().category("")


def test_a_code_is_displayed_in_the_language_of_the_reader() -> None:
    core = Taxonomy.core()
    assert core.display("delay", "zh") == "时效延误"
    assert core.display("delay", "en") == "Delay"
    assert core.display("a tenant's own", "zh") == "a tenant's own"


def test_a_category_is_found_by_code_or_name_in_either_language() -> None:
    core = Taxonomy.core()
    assert core.find(" 收费与定价 ") == core.find("FEES and pricing") == core.find("fees_pricing")
    assert core.find("收费") is None


def test_a_tenants_own_labels_are_a_taxonomy_and_core_codes_keep_their_names() -> None:
    own = Taxonomy.of_labels(["催退款", "delay", "催退款"])
    assert [category.code for category in own.categories] == ["催退款", "delay"]
    assert own.display("催退款", "en") == "催退款"
    assert own.display("delay", "en") == "Delay"
    with pytest.raises(UnknownCategory):
        own.category("safety")
    with pytest.raises(InvalidInput, match="1 to 80"):
        Taxonomy.of_labels([""])


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (node("a") + node("a"), "given twice: a"),
        (node("a", 'parent = "b"'), "no code of this file"),
        (node("a", 'parent = "b"') + node("b", 'parent = "a"'), "its own ancestor"),
        (node("a", "colour = 1"), r"t\.toml:8: .*colour"),
    ],
)
def test_a_broken_file_is_refused_with_the_reason(tmp_path: Path, body: str, problem: str) -> None:
    (tmp_path / "t.toml").write_text(HEADER + body, encoding="utf-8")
    with pytest.raises(InvalidRules, match=problem):
        Taxonomy.load(tmp_path / "t.toml")


def test_a_category_may_have_a_parent(tmp_path: Path) -> None:
    (tmp_path / "t.toml").write_text(HEADER + node("a") + node("b", 'parent = "a"'), encoding="utf-8")
    assert Taxonomy.load(tmp_path / "t.toml").category("b").parent == "a"
