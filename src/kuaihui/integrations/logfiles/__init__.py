"""Logs of the machine Kuaihui runs on: files of JSON lines or plain text, and systemd's journal."""
