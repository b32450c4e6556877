"""What Kuaihui promises, one folder a room; `servers` starts the real parts the promises are tried on."""
