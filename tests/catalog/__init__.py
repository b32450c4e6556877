"""What is known beforehand, and every fault that its files may have."""
