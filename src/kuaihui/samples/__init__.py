"""Sample catalogs: the founding story's team, to try the product and to begin your own from."""
