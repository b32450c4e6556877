"""The journal in one SQLite file, for one process."""

from kuaihui.integrations.sqlite.beside import beside
from kuaihui.integrations.sqlite.journal import Sqlite

__all__ = ["Sqlite", "beside"]
