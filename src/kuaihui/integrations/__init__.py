"""One folder an outside product: carries orders, hears signals."""
