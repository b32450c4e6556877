"""The technical side of a drill: real parts on loopback whose fault is real."""
