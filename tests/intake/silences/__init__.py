"""What wakes nobody: silences, maintenance windows, inhibition."""
