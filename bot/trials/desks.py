"""A desk of its own for a trial: a temporary home, with the sample corpus where it is wanted."""

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bot.access import TenantSettings
from bot.sample import load_sample
from bot.settings import Settings
from bot.wiring import Parts, open_parts

TENANT: Final = "trial"


@contextmanager
def trial_desk(
    settings: Settings,
    *,
    sample: bool,
    company: str = "示例公司",
    rehearsed: bool = True,
    **changes: object,
) -> Generator[Parts]:
    """The parts around an empty home, or one with the sample corpus; `changes` are made to the settings.

    Raises:
        ModelUnavailable: a model cannot be loaded.
    """
    with tempfile.TemporaryDirectory(prefix="redress-trial-", ignore_cleanup_errors=True) as folder:
        own = settings.model_copy(update={"home": Path(folder), "database_url": None, **changes})
        with open_parts(own) as parts:
            parts.tenants.create(TENANT, TenantSettings(company=company))
            if sample:
                load_sample(parts, TENANT)
            parts.index.catch_up()
            if rehearsed:
                parts.desk.rehearse(TENANT)
            yield parts
