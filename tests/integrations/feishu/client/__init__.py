"""How Feishu's API is spoken to."""
