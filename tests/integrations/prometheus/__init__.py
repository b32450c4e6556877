"""Prometheus as a source of metrics."""
