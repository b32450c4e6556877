"""What Feishu tells."""
