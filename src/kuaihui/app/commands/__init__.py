"""What can be typed: one file a subject, each command in both languages."""
