"""The tables of knowledge: cases, articles and their passages, and the change log."""

from datetime import date, datetime

from sqlalchemy import Date, DateTime, Index, Integer, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Tables of this package."""


class TenantRow:
    """Every row has a tenant."""

    tenant: Mapped[str] = mapped_column(String(80), primary_key=True, sort_order=-1)


class CaseRow(TenantRow, Base):
    """A case: its JSON, and the columns it is filtered by."""

    __tablename__ = "cases"
    id: Mapped[str] = mapped_column(String(200), primary_key=True)
    language: Mapped[str] = mapped_column(String(8))
    category: Mapped[str | None] = mapped_column(String(80))
    industry: Mapped[str] = mapped_column(String(60))
    outcome: Mapped[str | None] = mapped_column(String(20))
    closed_on: Mapped[date | None] = mapped_column(Date)
    policy: Mapped[str | None] = mapped_column(String(200))
    fingerprint: Mapped[str] = mapped_column(String(64))
    body: Mapped[str] = mapped_column(Text)
    __table_args__ = (Index("cases_by_category", "tenant", "category", "id"),)


class ArticleRow(TenantRow, Base):
    """An article: its JSON, and the columns it is filtered by."""

    __tablename__ = "articles"
    id: Mapped[str] = mapped_column(String(200), primary_key=True)
    language: Mapped[str] = mapped_column(String(8))
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    supersedes: Mapped[str | None] = mapped_column(String(200))
    industry: Mapped[str] = mapped_column(String(60))
    categories: Mapped[str] = mapped_column(Text)
    """Codes, one space between."""
    fingerprint: Mapped[str] = mapped_column(String(64))
    body: Mapped[str] = mapped_column(Text)
    __table_args__ = (Index("articles_by_predecessor", "tenant", "supersedes"),)


class PassageRow(TenantRow, Base):
    """A citable piece of an article."""

    __tablename__ = "passages"
    id: Mapped[str] = mapped_column(String(220), primary_key=True)
    article_id: Mapped[str] = mapped_column(String(200))
    position: Mapped[int] = mapped_column(Integer)
    text: Mapped[str] = mapped_column(Text)
    __table_args__ = (Index("passages_by_article", "tenant", "article_id"),)


class ChangeRow(TenantRow, Base):
    """One entry of the change log, numbered in the order of commits."""

    __tablename__ = "changes"
    tenant: Mapped[str] = mapped_column(String(80))
    seq: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(16))
    item_id: Mapped[str] = mapped_column(String(220))
    operation: Mapped[str] = mapped_column(String(8))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    # AUTOINCREMENT: a number is never given twice, or an index would miss what reused it
    __table_args__ = ({"sqlite_autoincrement": True},)
