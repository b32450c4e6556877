"""The documents are tested."""
