"""Outside products, played honestly in memory: for tests, drills and people who have no account there."""
