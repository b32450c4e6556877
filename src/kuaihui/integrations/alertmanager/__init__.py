"""Prometheus and Alertmanager: alerts as they post them, in the API's form and in the webhook's."""
