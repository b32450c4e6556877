"""Feishu, carrying and hearing."""
