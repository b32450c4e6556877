"""An hour of error logs as signatures: what is said, how often, since when, by whom, and whether it is new."""
