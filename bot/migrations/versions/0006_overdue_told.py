"""When it was told elsewhere that a promise is overdue; amounts and who approved them."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    with op.batch_alter_table("commitments") as table:
        table.add_column(sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("amount", sa.Numeric(14, 2), nullable=True))
        table.add_column(sa.Column("currency", sa.String(length=3), nullable=True))
        table.add_column(sa.Column("approved_by", sa.String(length=20), nullable=False, server_default=""))
