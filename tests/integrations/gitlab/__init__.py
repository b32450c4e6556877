"""GitLab as a source of changes."""
