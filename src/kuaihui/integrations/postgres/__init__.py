"""The journal in PostgreSQL, for any number of workers."""

from kuaihui.integrations.postgres.journal import Postgres

__all__ = ["Postgres"]
