"""Elasticsearch and OpenSearch: logs by a search of their indices."""
