"""Records, incidents, traces, artifacts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _records()
    _incidents()
    _beside()


def _records() -> None:
    op.create_table(
        "records",
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False),
        sa.Column("incident", sa.String, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("hash", sa.String, nullable=False),
        sa.UniqueConstraint("incident", "number", name="records_of_incident"),
    )


def _incidents() -> None:
    op.create_table(
        "incidents",
        sa.Column("incident", sa.String, primary_key=True),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("service", sa.String, nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("phase", sa.String, nullable=False),
        sa.Column("severity", sa.Integer, nullable=False),
        sa.Column("opened", sa.BigInteger, nullable=False),
        sa.Column("changed", sa.BigInteger, nullable=False),
        sa.Column("value", sa.Float),
        sa.Column("drill", sa.Boolean, nullable=False),
        sa.Column("closed", sa.BigInteger),
        sa.Column("length", sa.Integer, nullable=False),
        sa.Column("head", sa.String, nullable=False),
        sa.Column("due", sa.BigInteger),
        sa.Column("lease_until", sa.BigInteger),
        sa.Column("owner", sa.String),
        sa.Column("generation", sa.BigInteger, nullable=False, server_default=sa.text("0")),
    )
    op.create_index("incidents_by_key", "incidents", ["key", "opened"])
    op.create_index("incidents_by_opening", "incidents", ["opened", "incident"])
    still_open, is_due = sa.text("closed IS NULL"), sa.text("due IS NOT NULL")
    op.create_index("one_open_incident_a_key", "incidents", ["key"], unique=True, sqlite_where=still_open, postgresql_where=still_open)
    op.create_index("incidents_due", "incidents", ["due"], sqlite_where=is_due, postgresql_where=is_due)


def _beside() -> None:
    op.create_table(
        "traces",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("verdict", sa.String, primary_key=True),
        sa.Column("incident", sa.String, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("last", sa.BigInteger),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.LargeBinary, nullable=False),
        sa.Column("labels", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "artifacts",
        sa.Column("hash", sa.String, primary_key=True),
        sa.Column("media", sa.String, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
