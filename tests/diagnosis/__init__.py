"""What evidence says."""
