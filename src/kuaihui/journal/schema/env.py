"""What Alembic runs: the history, on the connection that `upgrade` was given."""

from __future__ import annotations

from alembic import context

from kuaihui.journal.schema.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
