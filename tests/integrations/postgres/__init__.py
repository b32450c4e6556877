"""PostgreSQL as a journal."""
