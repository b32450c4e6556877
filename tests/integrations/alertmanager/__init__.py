"""Alerts as Prometheus and Alertmanager send them."""
