"""Real servers for tests and benches, each on loopback, on a port of its own, gone when its user is."""
