"""Feishu's ids, told apart by how they begin."""

from __future__ import annotations

from typing import Literal

IdType = Literal["chat_id", "open_id", "union_id", "user_id", "email"]


def id_type(id: str) -> IdType:
    """What kind of id this is: oc_ a chat's, ou_ and on_ a person's, with an @ an e-mail address, anything else a user id."""
    if id.startswith("oc_"):
        return "chat_id"
    if id.startswith("ou_"):
        return "open_id"
    if id.startswith("on_"):
        return "union_id"
    return "email" if "@" in id else "user_id"
