"""Nights in virtual time: one story a file."""
