"""Replay: a past incident run again under another catalog, other policies or other duties, in virtual time."""
