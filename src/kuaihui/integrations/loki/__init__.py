"""Grafana Loki: logs by LogQL."""
