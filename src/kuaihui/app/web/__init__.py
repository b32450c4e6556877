"""The pages and the API: everything people do, on one address."""
