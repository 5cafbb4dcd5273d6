"""Alembic's entry: runs the steps on the connection it is handed (`bot.database.Database.migrate`)."""

from alembic import context

from bot.store import Base as BotBase
from knowledge.store import Base as KnowledgeBase
from profiles.store import Base as ProfileBase

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=[BotBase.metadata, KnowledgeBase.metadata, ProfileBase.metadata],
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
