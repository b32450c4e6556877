"""Each product outside, with its own payloads."""
