"""Alembic's entry: runs the steps on the connection it is handed (`bot.database.Database.migrate`)."""

from alembic import context

from bot.schema import Base as BotBase
from knowledge.schema import Base as KnowledgeBase
from profiles.schema import Base as ProfileBase

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=[BotBase.metadata, KnowledgeBase.metadata, ProfileBase.metadata],
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
