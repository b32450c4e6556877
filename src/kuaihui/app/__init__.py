"""The program: settings, wiring, pages and API, commands, drills."""
