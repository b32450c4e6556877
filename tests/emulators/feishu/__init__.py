"""Feishu as the emulator plays it, against the vendor's own client."""
