"""Feishu and Lark: the team's chats, cards, documents, meetings and tasks."""
