"""Facts, timeline and phases."""
