"""GitHub: what was changed in a repository, and its events."""
