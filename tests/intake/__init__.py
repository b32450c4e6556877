"""What is heard, and what it means."""
