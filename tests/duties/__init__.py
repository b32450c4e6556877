"""One promise a file: what is due, given what is so."""
