"""Incidents acted out on real parts, so that a team practises before the night it needs to."""
