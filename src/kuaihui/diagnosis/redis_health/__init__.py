"""What is wrong with a Redis server, told from two looks at it."""
