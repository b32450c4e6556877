"""Drills: scripts, their stage, how they end."""
