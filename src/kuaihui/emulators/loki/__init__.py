"""A small Loki: query_range over records in memory."""
