"""What a signal means: which facts an alert, a word or a press of a button becomes."""
