"""Redis: a read-only, cost-capped first look."""
