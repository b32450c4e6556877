"""The real parts that drills are acted on."""
