"""Pages, the API and the doors that senders knock at."""
