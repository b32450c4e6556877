"""What the evidence says: pure functions from what was measured to what is likely."""
