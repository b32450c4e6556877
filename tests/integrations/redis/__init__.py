"""Redis as something to look at."""
