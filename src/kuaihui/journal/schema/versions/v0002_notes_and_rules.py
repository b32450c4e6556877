"""Notes of the team; a trace says which rule hid its alert."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of notes, and give traces their rule."""
    op.add_column("traces", sa.Column("rule", sa.String, nullable=False, server_default=""))
    _rule_belongs_to_the_key()
    has_rule = sa.text("rule <> ''")
    op.create_index("traces_by_rule", "traces", ["rule"], sqlite_where=has_rule, postgresql_where=has_rule)
    op.create_table(
        "notes",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("ended", sa.BigInteger),
        sa.Column("ended_by", sa.String, nullable=False, server_default=""),
    )
    op.create_index("notes_by_kind", "notes", ["kind", "until"])


def _rule_belongs_to_the_key() -> None:
    """SQLite cannot change a key: the table is made anew and filled from the old one."""
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("traces_pkey", "traces", type_="primary")
        op.create_primary_key("traces_pkey", "traces", ["key", "verdict", "incident", "rule"])
        return
    op.rename_table("traces", "traces_before")
    op.create_table(
        "traces",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("verdict", sa.String, primary_key=True),
        sa.Column("incident", sa.String, primary_key=True),
        sa.Column("rule", sa.String, primary_key=True, server_default=""),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("last", sa.BigInteger),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.LargeBinary, nullable=False),
        sa.Column("labels", sa.LargeBinary, nullable=False),
    )
    names = "key, verdict, incident, rule, at, last, count, reason, labels"
    op.execute(f"INSERT INTO traces ({names}) SELECT {names} FROM traces_before")  # noqa: S608 - names from this file
    op.drop_table("traces_before")
