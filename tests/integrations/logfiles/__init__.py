"""Logs of this machine as a source."""
