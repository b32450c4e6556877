"""GitHub as a source of changes and issues."""
