"""What we build with."""
