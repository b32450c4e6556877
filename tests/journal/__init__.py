"""Where facts are kept, whichever keeps them."""
