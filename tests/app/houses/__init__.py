"""Several houses, each a process of its own, on one PostgreSQL."""
