"""Customers in SQL. The only door to SQLAlchemy in this package."""

from sqlalchemy import String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Tables of this package."""


class TenantRow:
    """Every row has a tenant."""

    tenant: Mapped[str] = mapped_column(String(80), primary_key=True)
