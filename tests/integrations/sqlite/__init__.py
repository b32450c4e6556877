"""SQLite as a journal."""
