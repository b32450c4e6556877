"""The whole of it: settings, wiring, commands, pages."""
