"""What people are told, made from timelines."""
