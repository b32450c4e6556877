"""Where facts are kept: appended by one writer an incident, chained by hash, read, followed; when each incident is next due."""
