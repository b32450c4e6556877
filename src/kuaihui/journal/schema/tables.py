"""
The tables as they are now.

Rule 1: they hold in SQLite and in PostgreSQL alike; instants are microseconds since 1970, UTC.
Rule 2: a change here needs a new file in `versions/` and the new HEAD in `version.py`; a test compares the two.
Rule 3: facts stand in `records` alone. Everything else in `incidents` is made from them, or says when to settle them next.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, LargeBinary, MetaData, String, Table, UniqueConstraint, text

# SQLite gives a row its number by itself only where the key's type is called INTEGER.
_Position = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData()

records = Table(
    "records",
    metadata,
    Column("position", _Position, primary_key=True, autoincrement=False),
    Column("incident", String, nullable=False),
    Column("number", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("hash", String, nullable=False),
    UniqueConstraint("incident", "number", name="records_of_incident"),
)

incidents = Table(
    "incidents",
    metadata,
    Column("incident", String, primary_key=True),
    Column("key", String, nullable=False),
    Column("service", String, nullable=False),
    Column("title", String, nullable=False),
    Column("phase", String, nullable=False),
    Column("severity", Integer, nullable=False),
    Column("opened", BigInteger, nullable=False),
    Column("changed", BigInteger, nullable=False),
    Column("value", Float),
    Column("drill", Boolean, nullable=False),
    Column("closed", BigInteger),
    Column("length", Integer, nullable=False),
    Column("head", String, nullable=False),
    Column("due", BigInteger),
    Column("lease_until", BigInteger),
    Column("owner", String),
    Column("generation", BigInteger, nullable=False, server_default=text("0")),
    Index("incidents_by_key", "key", "opened"),
    Index("incidents_by_opening", "opened", "incident"),
)
_still_open = incidents.c.closed.is_(None)
_is_due = incidents.c.due.is_not(None)
Index("one_open_incident_a_key", incidents.c.key, unique=True, sqlite_where=_still_open, postgresql_where=_still_open)
Index("incidents_due", incidents.c.due, sqlite_where=_is_due, postgresql_where=_is_due)

traces = Table(
    "traces",
    metadata,
    Column("key", String, primary_key=True),
    Column("verdict", String, primary_key=True),
    Column("incident", String, primary_key=True),
    Column("rule", String, primary_key=True, server_default=""),
    Column("at", BigInteger, nullable=False),
    Column("last", BigInteger),
    Column("count", BigInteger, nullable=False),
    Column("reason", LargeBinary, nullable=False),
    Column("labels", LargeBinary, nullable=False),  # JSON
)

_has_rule = traces.c.rule != ""
Index("traces_by_rule", traces.c.rule, sqlite_where=_has_rule, postgresql_where=_has_rule)

notes = Table(
    "notes",
    metadata,
    Column("id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("body", LargeBinary, nullable=False),  # JSON
    Column("since", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("by", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("ended", BigInteger),
    Column("ended_by", String, nullable=False, server_default=""),
    Index("notes_by_kind", "kind", "until"),
)

artifacts = Table(
    "artifacts",
    metadata,
    Column("hash", String, primary_key=True),
    Column("media", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
