"""The tables of the durable journals, and the one history of changes by which every database comes to them."""
