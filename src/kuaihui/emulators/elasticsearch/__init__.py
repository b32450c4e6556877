"""A small Elasticsearch: the search of an index over records in memory."""
