"""A Feishu tenant in memory: the vendor's own client cannot tell the difference for the operations listed in docs/emulators/feishu.md."""
