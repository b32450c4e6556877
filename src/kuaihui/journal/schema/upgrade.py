"""
Bringing a database to the newest tables, in this process, when it is opened.

Rule 1: a database written by a newer version is refused, not guessed at.
"""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from kuaihui.errors import BadSettings
from kuaihui.language import text


def configuration(connection: Connection) -> Config:
    """Alembic's settings for this connection."""
    config = Config()
    config.set_main_option("script_location", "kuaihui.journal:schema")
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection) -> None:
    """Bring the tables behind this connection to the newest form. Raises BadSettings when they are newer than this program."""
    config = configuration(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    found = MigrationContext.configure(connection).get_current_revision()
    if found is not None and found not in known:
        raise BadSettings(
            text("the journal was written by a newer version of Kuaihui (its tables are {version}): install that version", version=found)
        )
    command.upgrade(config, "head")
