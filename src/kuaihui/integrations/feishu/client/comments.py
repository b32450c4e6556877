"""Comments on documents: what readers say about the write-up, and our answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from kuaihui.integrations.feishu.client.caller import Ask, Caller, Nothing, Operation
from kuaihui.integrations.feishu.client.pages import Page, all_of
from kuaihui.integrations.feishu.client.times import from_seconds

FILE = "drive/v1/files/{document_id}"
CREATE = Operation("drive.v1.file_comment.create", "POST", f"{FILE}/comments")
ANCHORED = Operation("drive.v1.file.new_comments", "POST", f"{FILE}/new_comments")
LIST = Operation("drive.v1.file_comment.list", "GET", f"{FILE}/comments")
SOLVE = Operation("drive.v1.file_comment.patch", "PATCH", f"{FILE}/comments/{{comment_id}}")
REPLY = Operation("drive.v1.file_comment_reply.create", "POST", f"{FILE}/comments/{{comment_id}}/replies")
REACT = Operation("drive.v2.comment_reaction.update_reaction", "POST", "drive/v2/files/{document_id}/comments/reaction")


class Text(msgspec.Struct, frozen=True):
    """A run of text in a comment."""

    text: str = ""


class Person(msgspec.Struct, frozen=True):
    """Somebody named in a comment."""

    user_id: str = ""


class Part(msgspec.Struct, frozen=True):
    """One part of a comment."""

    type: str
    text_run: Text | None = None
    person: Person | None = None


class Content(msgspec.Struct, frozen=True):
    """What a reply says."""

    elements: list[Part] = []


class Emoji(msgspec.Struct, frozen=True):
    """How many put one emoji."""

    reaction_key: str
    count: int = 0


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a comment."""

    reply_id: str
    user_id: str = ""
    create_time: int = 0  # seconds
    content: Content = Content()
    reactions: list[Emoji] | None = None

    @property
    def words(self) -> str:
        """What it says in plain words."""
        return "".join(
            one.text_run.text if one.text_run else f"@{one.person.user_id}" if one.person else "" for one in self.content.elements
        )

    @property
    def at(self) -> datetime:
        """When it was written."""
        return from_seconds(self.create_time)


class Replies(msgspec.Struct, frozen=True):
    """The entries of a comment, the first of them its own words."""

    replies: list[Reply] = []


class Comment(msgspec.Struct, frozen=True, kw_only=True):
    """A comment with all its entries."""

    comment_id: str
    user_id: str = ""
    is_solved: bool = False
    is_whole: bool = True
    quote: str = ""
    reply_list: Replies = Replies()


class Comments:
    """Comments on documents. None of the writes has an idempotency key, so they are not asked again when an answer is lost."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def add(self, document_id: str, words: str, people: Sequence[str] = ()) -> Comment:
        """A comment on the whole document, naming people at its end; in comments they are told."""
        body = {"reply_list": {"replies": [{"content": {"elements": _parts(words, people)}}]}}
        return await self._caller.ask(Ask(operation=CREATE, shape=Comment, path={"document_id": document_id}, query=_QUERY, body=body))

    async def add_at(self, document_id: str, block_id: str, words: str, people: Sequence[str] = ()) -> Comment:
        """A comment on one block, in the newer call that the vendor's own tools use."""
        elements = [{"type": "text", "text": words}, *({"type": "mention_user", "mention_user": one} for one in people)]
        body = {"file_type": "docx", "reply_elements": elements, "anchor": {"block_id": block_id}}
        return await self._caller.ask(Ask(operation=ANCHORED, shape=Comment, path={"document_id": document_id}, body=body))

    async def of(self, document_id: str) -> list[Comment]:
        """All comments."""
        query = {**_QUERY, "page_size": 100, "need_reaction": True}
        return [one async for one in all_of(self._caller, LIST, Page[Comment], path={"document_id": document_id}, query=query)]

    async def reply(self, document_id: str, comment_id: str, words: str) -> Reply:
        """An entry under a comment."""
        path, body = {"document_id": document_id, "comment_id": comment_id}, {"content": {"elements": _parts(words, ())}}
        return await self._caller.ask(Ask(operation=REPLY, shape=Reply, path=path, query=_QUERY, body=body))

    async def solve(self, document_id: str, comment_id: str) -> None:
        """Mark a comment as dealt with."""
        path = {"document_id": document_id, "comment_id": comment_id}
        await self._caller.ask(Ask(operation=SOLVE, shape=Nothing, path=path, query=_QUERY, body={"is_solved": True}, twice_is_once=True))

    async def react(self, document_id: str, reply_id: str, emoji: str = "THUMBSUP") -> None:
        """Put an emoji on an entry (a reply's id, not its comment's)."""
        body = {"action": "add", "reply_id": reply_id, "reaction_type": emoji}
        await self._caller.ask(
            Ask(operation=REACT, shape=Nothing, path={"document_id": document_id}, query=_QUERY, body=body, twice_is_once=True)
        )


_QUERY = {"file_type": "docx", "user_id_type": "open_id"}


def _parts(words: str, people: Sequence[str]) -> list[dict[str, object]]:
    named: list[dict[str, object]] = [{"type": "person", "person": {"user_id": one}} for one in people]
    return [{"type": "text_run", "text_run": {"text": words}}, *named]
