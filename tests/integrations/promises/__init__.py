"""What every carrier of an order promises, each tried on all of them."""
