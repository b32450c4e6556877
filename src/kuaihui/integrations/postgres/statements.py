"""
The statements, one for each thing that is asked.

Rule 1: an instant is microseconds since 1970 UTC. `NOW` is the database's own clock, so that workers whose clocks differ agree on a lease.
Rule 2: appends follow one another: each holds `LOCK` from before its records get their positions until it is committed, so that whoever
        follows by position never finds a record behind one that they have seen.
"""

from __future__ import annotations

from typing import Final

from kuaihui.integrations.postgres.listener import CHANNEL
from kuaihui.journal.journal import LEASE
from kuaihui.journal.rows import COLUMNS

# ruff: noqa: S608 - every part of a statement is written in this file; values are always passed beside it

# Any two numbers that nobody else uses for an advisory lock in this database: "kuaihui" on a telephone's keys.
_APPENDING: Final = 5824484
UPGRADING: Final = "SELECT pg_advisory_xact_lock(5824485)"
LOCK: Final = f"BEGIN; SELECT pg_advisory_xact_lock({_APPENDING})"

_LEASE: Final = LEASE.seconds * 1_000_000
NOW: Final = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"

# -- facts -----------------------------------------------------------------------------------------------------------------------------

# What an append is judged by, in one row: how these incidents stand, who has these keys open, the newest position; and, for an append whose
# commit was cut off, the hash of one of its records.
STANDING: Final = """
WITH locked AS (
    SELECT incident, length, head, generation, CASE WHEN closed IS NULL THEN key END AS holds, lease_until, owner
    FROM incidents WHERE incident = ANY($1::text[]) ORDER BY incident FOR UPDATE
)
SELECT
    (SELECT coalesce(max(position), 0) FROM records),
    (SELECT coalesce(json_agg(locked), '[]')::text FROM locked),
    (SELECT coalesce(json_object_agg(key, incident), '{}')::text FROM incidents WHERE key = ANY($2::text[]) AND closed IS NULL),
    (SELECT hash FROM records WHERE incident = $3 AND number = $4)
"""

_TYPES: Final = {
    "incident": "text",
    "key": "text",
    "service": "text",
    "title": "text",
    "phase": "text",
    "severity": "int",
    "opened": "bigint",
    "changed": "bigint",
    "value": "float8",
    "drill": "bool",
    "closed": "bigint",
    "length": "int",
    "head": "text",
    "due": "bigint",
    "lease_until": "bigint",
    "owner": "text",
    "generation": "bigint",
}
_VALUES: Final = ", ".join(f"${place}::{kind}[]" for place, kind in enumerate(_TYPES.values(), start=6))
WRITE: Final = f"""
WITH new AS (
    INSERT INTO records (position, incident, number, body, hash)
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::int[], $4::bytea[], $5::text[])
), standing AS (
    INSERT INTO incidents ({", ".join(_TYPES)}) SELECT * FROM unnest({_VALUES})
    ON CONFLICT (incident) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in list(_TYPES)[1:])}
)
SELECT pg_notify('{CHANNEL}', '')
"""

_RECORDS: Final = "SELECT incident, number, body, hash, position FROM records"
READ: Final = f"{_RECORDS} WHERE incident = $1 AND number >= $2 ORDER BY number"
READ_EACH: Final = f"""{_RECORDS} JOIN unnest($1::text[], $2::int[]) AS wanted (name, first) ON incident = name AND number >= first
    ORDER BY incident, number"""
MENTIONS: Final = f"""{_RECORDS} WHERE incident IN (SELECT incident FROM incidents WHERE changed >= $3)
    AND position($1::bytea IN body) > 0 ORDER BY position DESC LIMIT $2"""
FOLLOW: Final = f"{_RECORDS} WHERE position > $1 ORDER BY position LIMIT $2"

# -- incidents -------------------------------------------------------------------------------------------------------------------------

_SUMMARIES: Final = f"SELECT {', '.join(COLUMNS)} FROM incidents"
# Text is compared by its bytes, as everywhere in the house, whatever language the database sorts by.
ALL: Final = f'{_SUMMARIES} WHERE opened < $1 ORDER BY opened DESC, incident COLLATE "C" DESC LIMIT $2'
OPEN: Final = f'{_SUMMARIES} WHERE opened < $1 AND closed IS NULL ORDER BY opened DESC, incident COLLATE "C" DESC LIMIT $2'
SUMMARY: Final = f"{_SUMMARIES} WHERE incident = $1"
FIND: Final = f"""SELECT DISTINCT ON (key) {", ".join(COLUMNS)} FROM incidents WHERE key = ANY($1::text[])
    ORDER BY key, closed IS NULL DESC, opened DESC, incident COLLATE "C" DESC"""
HEAD: Final = "SELECT length, head FROM incidents WHERE incident = $1"

# -- what is due -----------------------------------------------------------------------------------------------------------------------

_LEASE_NOW: Final = f"coalesce($4::bigint, {NOW})"
CLAIM: Final = f"""
WITH due AS (
    SELECT incident FROM incidents WHERE due <= $1 AND (lease_until IS NULL OR lease_until <= {_LEASE_NOW})
    ORDER BY due, incident COLLATE "C" LIMIT $2 FOR UPDATE SKIP LOCKED
)
UPDATE incidents SET generation = generation + 1, owner = $3, lease_until = {_LEASE_NOW} + {_LEASE}
FROM due WHERE incidents.incident = due.incident
RETURNING incidents.due, incidents.incident, incidents.generation
"""

# A schedule that a power cut loses is made again, since what it moved was due: it need not wait for the disk, unless it makes something
# due earlier.
SCHEDULE: Final = """
WITH lazily AS MATERIALIZED (
    SELECT set_config('synchronous_commit', 'off', true) FROM incidents
    WHERE incident = $1 AND ($4::bigint IS NULL OR coalesce($4 >= due, false))
)
UPDATE incidents SET due = CASE WHEN length = $3 THEN $4 ELSE due END, lease_until = NULL, owner = NULL
FROM (SELECT count(*) FROM lazily) AS set WHERE incident = $1 AND generation = $2 AND lease_until IS NOT NULL
RETURNING incident
"""
NEXT_DUE: Final = "SELECT min(greatest(due, coalesce(lease_until - $1::bigint, due))) FROM incidents WHERE due IS NOT NULL"
CLOCK: Final = f"SELECT {NOW}"

# -- beside the facts --------------------------------------------------------------------------------------------------------------------

# A repeat adds to the count, and was last seen at its own last instant, or else when it was heard.
NOTE: Final = """
INSERT INTO traces (key, at, verdict, reason, labels, incident, count, last, rule) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (key, verdict, incident, rule) DO UPDATE SET count = traces.count + excluded.count, last = coalesce(excluded.last, excluded.at)
"""
_TRACES: Final = "SELECT key, at, verdict, reason, labels, incident, count, last, rule FROM traces"
_TRACE_ORDER: Final = 'verdict COLLATE "C", incident COLLATE "C", rule COLLATE "C"'
_TOLD_LAST: Final = f'ORDER BY coalesce(last, at) DESC, key COLLATE "C", {_TRACE_ORDER} LIMIT $2'
TRACES: Final = f"{_TRACES} WHERE key = $1 ORDER BY at, {_TRACE_ORDER}"
TRACES_OF: Final = f"{_TRACES} WHERE rule = $1 AND rule <> '' {_TOLD_LAST}"
HEARD: Final = f"{_TRACES} WHERE coalesce(last, at) >= $1 {_TOLD_LAST}"
KEEP: Final = "INSERT INTO artifacts (hash, media, body) VALUES ($1, $2, $3) ON CONFLICT (hash) DO NOTHING"
ARTIFACT: Final = "SELECT body, media FROM artifacts WHERE hash = $1"

# -- notes -------------------------------------------------------------------------------------------------------------------------------

_NOTES: Final = "SELECT id, kind, body, since, until, by, at, ended, ended_by FROM notes WHERE kind = $1"
_NOTE_ORDER: Final = 'ORDER BY since, at, id COLLATE "C"'
NOTES: Final = f"{_NOTES} {_NOTE_ORDER}"
NOT_OVER: Final = f"{_NOTES} AND until > $2 AND (ended IS NULL OR ended > $2) {_NOTE_ORDER}"
STAND: Final = """
INSERT INTO notes (id, kind, body, since, until, by, at, ended, ended_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (id) DO NOTHING
"""
END: Final = "UPDATE notes SET ended = $2, ended_by = $3 WHERE id = $1 AND ended IS NULL RETURNING id"
