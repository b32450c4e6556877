"""The programs that a bench measures beside each other, and the client that loads them alike."""
