"""Proposals of customers who are on record twice; which notes of customers have vectors."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "duplicates",
        sa.Column("tenant", sa.String(length=80), nullable=False),
        sa.Column("first", sa.String(length=200), nullable=False),
        sa.Column("second", sa.String(length=200), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("two_numbers", sa.Boolean(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("refused_by", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "first", "second"),
    )
    op.create_table(
        "notes",
        sa.Column("tenant", sa.String(length=80), nullable=False),
        sa.Column("id", sa.String(length=240), nullable=False),
        sa.Column("customer_id", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id"),
    )
    op.create_index("notes_of_customer", "notes", ["tenant", "customer_id"], unique=False)
    op.create_table(
        "note_changes",
        sa.Column("tenant", sa.String(length=80), nullable=False),
        sa.Column("customer_id", sa.String(length=200), nullable=False),
        sa.Column("stamp", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "customer_id"),
    )
