"""Settings: a typo cannot hide, secrets do not show, the README's table is made from the code."""

from pathlib import Path

import pytest

from bot.errors import InvalidSettings
from bot.settings import Settings, settings_table

ROOT = Path(__file__).parents[1]


def test_defaults_need_nothing() -> None:
    settings = Settings.from_env({"PATH": "/bin", "REDRESS_LLM_URL": ""})
    assert settings.embedder == "redress"
    assert settings.llm_url is None
    assert settings.sqlite_url.endswith("redress.db")


def test_a_name_we_do_not_know_is_an_error() -> None:
    with pytest.raises(InvalidSettings, match="REDRESS_EMBEDER"):
        Settings.from_env({"REDRESS_EMBEDER": "lexical"})


@pytest.mark.parametrize(("name", "value"), [("PORT", "many"), ("PORT", "70000"), ("LLM_SECONDS", "0")])
def test_a_value_that_does_not_fit_names_the_variable_and_not_the_value(name: str, value: str) -> None:
    with pytest.raises(InvalidSettings, match=f"REDRESS_{name}"):
        Settings.from_env({f"REDRESS_{name}": value})


def test_secrets_do_not_show() -> None:
    settings = Settings.from_env(
        {"REDRESS_LLM_KEY": "sk-hidden", "REDRESS_DATABASE_URL": "postgresql://u:hidden@h/d"}
    )
    assert "hidden" not in repr(settings)
    assert "hidden" not in str(settings.model_dump())


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_the_readme_has_the_table_of_settings(readme: str) -> None:
    text = (ROOT / readme).read_text(encoding="utf-8")
    if readme == "README.md":
        assert settings_table() in text
    else:
        names = [line.split("`")[1] for line in settings_table().splitlines()[2:]]
        assert all(f"`{name}`" in text for name in names)
