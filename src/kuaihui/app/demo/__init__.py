"""The demo: the founding story, acted by its cast through the same API as everybody's."""
