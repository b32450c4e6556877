"""Argo CD: what an application was synced to, and when."""
