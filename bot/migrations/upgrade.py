"""Brings a database up to date; a module of its own, so that alembic is imported only when there is work."""

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection

from bot.errors import StorageUnavailable
from bot.migrations import VERSIONS


def upgrade(connection: Connection) -> None:
    """Take the steps the database lacks; the caller commits.

    Raises:
        StorageUnavailable: the database was made by a newer version.
    """
    config = Config()
    config.set_main_option("script_location", str(VERSIONS.parent))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StorageUnavailable(
            f"the database schema is not one this version knows ({error}): "
            "upgrade redress, or point REDRESS_HOME or REDRESS_DATABASE_URL at another database"
        ) from error
