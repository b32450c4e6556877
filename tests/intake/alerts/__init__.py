"""How alerts open, join and re-open incidents."""
