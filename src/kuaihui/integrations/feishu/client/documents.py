"""
Documents: made from a template, written in small batches, read back.

Rule 1: three writes a second for the whole app and three for one document, kept by one lane; copies one at a time.
Rule 2: a copy's blocks may come late: `ready` waits for them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TypeVar

import msgspec

from kuaihui.integrations.feishu.client.blocks import Block, Described, Element, Kind, lines
from kuaihui.integrations.feishu.client.blocks import block as described
from kuaihui.integrations.feishu.client.caller import TIER_4, Ask, Caller, Nothing, Operation
from kuaihui.integrations.feishu.client.failures import FeishuBusy
from kuaihui.integrations.feishu.client.paces import Pace
from kuaihui.integrations.feishu.client.pages import Page, all_of

Shape = TypeVar("Shape")

DOCUMENT = "docx/v1/documents/{document_id}"
BLOCK = f"{DOCUMENT}/blocks/{{block_id}}"
READS = (Pace(5),)
WRITES = (Pace(3),)
ONE_DOCUMENT = Pace(3)
COPY = Operation("drive.v1.file.copy", "POST", "drive/v1/files/{document_id}/copy", (Pace(5),), alone=True)
CREATE = Operation("docx.v1.document.create", "POST", "docx/v1/documents", WRITES, "docx write")
GET = Operation("docx.v1.document.get", "GET", DOCUMENT, READS)
RAW = Operation("docx.v1.document.raw_content", "GET", f"{DOCUMENT}/raw_content", READS)
BLOCKS = Operation("docx.v1.document_block.list", "GET", f"{DOCUMENT}/blocks", READS)
ADD = Operation("docx.v1.document_block_children.create", "POST", f"{BLOCK}/children", WRITES, "docx write")
GRAFT = Operation("docx.v1.document_block_descendant.create", "POST", f"{BLOCK}/descendant", WRITES, "docx write")
UPDATE = Operation("docx.v1.document_block.batch_update", "PATCH", f"{DOCUMENT}/blocks/batch_update", WRITES, "docx write")
REMOVE = Operation("docx.v1.document_block_children.batch_delete", "DELETE", f"{BLOCK}/children/batch_delete", WRITES, "docx write")
UPLOAD = Operation("drive.v1.media.upload_all", "POST", "drive/v1/medias/upload_all", (Pace(5),))
LIKES = Operation("drive.v2.file_like.list", "GET", "drive/v2/files/{document_id}/likes", READS)
VIEWS = Operation("drive.v1.file_view_record.list", "GET", "drive/v1/files/{document_id}/view_records", TIER_4)
SHARE = Operation("drive.v1.permission_member.create", "POST", "drive/v1/permissions/{document_id}/members", (Pace(100, 60),))
OPEN_LINK = Operation("drive.v2.permission_public.patch", "PATCH", "drive/v2/permissions/{document_id}/public", (Pace(100, 60),))
COMMENTS = Operation("drive.v1.user.subscription", "POST", "drive/v1/user/subscription", (Pace(10, 60),))
SUBSCRIBE = Operation("drive.v1.file.subscribe", "POST", "drive/v1/files/{document_id}/subscribe", TIER_4)

LONGEST_NAME = 256  # bytes
MOST_CHILDREN = 50
MOST_UPDATES = 200


class Copied(msgspec.Struct, frozen=True):
    """A file that was made by copying."""

    token: str
    url: str = ""


class Document(msgspec.Struct, frozen=True):
    """A document's head."""

    document_id: str
    revision_id: int = 0
    title: str = ""


class Liked(msgspec.Struct, frozen=True):
    """Who likes a document, since when (in seconds)."""

    user_id: str
    last_liked_time: int = 0


class Viewed(msgspec.Struct, frozen=True):
    """Who opened a document, and when last (in seconds)."""

    viewer_id: str
    last_view_time: int = 0


class _Copied(msgspec.Struct):
    file: Copied


class _Document(msgspec.Struct):
    document: Document


class _Raw(msgspec.Struct):
    content: str = ""


class _Added(msgspec.Struct):
    children: list[Block] = []


class _Token(msgspec.Struct):
    file_token: str


class Documents:
    """Documents of the app. A `key` for writes is a UUID: Feishu answers the same key with what it answered before."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def copy(self, template: str, name: str, folder: str = "") -> Copied:
        """
        A new document from a template. It belongs to the app alone: share it at once.

        Feishu keeps no idempotency key for this: a call without an answer may have made one (`FeishuBusy.maybe_done`).
        """
        body = {"name": _cut(name), "type": "docx", "folder_token": folder}
        return (await self._caller.ask(Ask(operation=COPY, shape=_Copied, path={"document_id": template}, body=body))).file

    async def ready(self, document_id: str, patience: float = 30.0) -> Document:
        """The document, once its blocks are there. Raises FeishuBusy when they are not within `patience` seconds."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + patience
        while True:
            try:
                return await self.get(document_id)
            except FeishuBusy:
                if clock() > deadline:
                    raise

    async def create(self, title: str, folder: str = "") -> Document:
        """An empty document; it belongs to the app alone."""
        body = {"title": title, "folder_token": folder}
        return (await self._caller.ask(Ask(operation=CREATE, shape=_Document, body=body))).document

    async def get(self, document_id: str) -> Document:
        """Title and revision."""
        return (await self._caller.ask(Ask(operation=GET, shape=_Document, path={"document_id": document_id}))).document

    async def words(self, document_id: str) -> str:
        """All words of a document, a block a line."""
        return (await self._caller.ask(Ask(operation=RAW, shape=_Raw, path={"document_id": document_id}))).content

    async def blocks(self, document_id: str) -> list[Block]:
        """All blocks, each before its children."""
        query = {"page_size": 500, "document_revision_id": -1}
        return [one async for one in all_of(self._caller, BLOCKS, Page[Block], path={"document_id": document_id}, query=query)]

    async def add(self, document_id: str, under: str, blocks: Sequence[Described], *, at: int = -1, key: str = "") -> list[Block]:
        """Up to fifty blocks under one (the document's own id is its page), at an index or at the end."""
        body = {"children": list(blocks[:MOST_CHILDREN]), "index": at}
        return (await self._write(ADD, _Added, document_id, body, under, key)).children

    async def graft(
        self, document_id: str, under: str, tops: Sequence[str], blocks: Sequence[Described], *, at: int = -1, key: str = ""
    ) -> None:
        """Up to a thousand blocks with blocks below them; ids are the caller's own, `tops` those that stand directly under the block."""
        body = {"children_id": list(tops), "descendants": list(blocks), "index": at}
        await self._write(GRAFT, Nothing, document_id, body, under, key)

    async def say(self, document_id: str, said: dict[str, Sequence[Element | str]], *, key: str = "") -> None:
        """Put other words into up to 200 blocks, by block id."""
        requests = [
            {"block_id": one, "update_text_elements": {"elements": lines(words)}} for one, words in list(said.items())[:MOST_UPDATES]
        ]
        await self._write(UPDATE, Nothing, document_id, {"requests": requests}, "", key)

    async def remove(self, document_id: str, under: str, start: int, end: int) -> None:
        """Take a block's children from `start` up to, not with, `end` away. Made twice this would take more: it is never asked again."""
        body = {"start_index": start, "end_index": end}
        await self._write(REMOVE, Nothing, document_id, body, under, "", twice_is_once=False)

    async def add_image(self, document_id: str, under: str, name: str, content: bytes, *, at: int = -1) -> str:
        """A picture in the document; the id of its block."""
        (made,) = await self.add(document_id, under, [described(Kind.IMAGE)], at=at)
        form = {"file_name": name, "parent_type": "docx_image", "parent_node": made.block_id, "size": str(len(content))}
        upload = Ask(operation=UPLOAD, shape=_Token, form=form, file=("file", name, content), twice_is_once=True)
        token = (await self._caller.ask(upload)).file_token
        change = {"requests": [{"block_id": made.block_id, "replace_image": {"token": token}}]}
        await self._write(UPDATE, Nothing, document_id, change, "", "")
        return made.block_id

    async def likes(self, document_id: str) -> list[Liked]:
        """Who likes the document; there is no event for it."""
        query = {"file_type": "docx", "page_size": 50, "user_id_type": "open_id"}
        return [one async for one in all_of(self._caller, LIKES, Page[Liked], path={"document_id": document_id}, query=query)]

    async def views(self, document_id: str) -> list[Viewed]:
        """Who opened the document, latest first."""
        query = {"file_type": "docx", "page_size": 50, "viewer_id_type": "open_id"}
        return [one async for one in all_of(self._caller, VIEWS, Page[Viewed], path={"document_id": document_id}, query=query)]

    async def share(self, document_id: str, with_whom: str, right: str = "edit") -> None:
        """Give a group the bot is in (`oc_`), or a person (`ou_`), the right to `view` or `edit`."""
        is_group = with_whom.startswith("oc_")
        member = {"member_type": "openchat" if is_group else "openid", "member_id": with_whom, "type": "chat" if is_group else "user"}
        query = {"type": "docx", "need_notification": False}
        body = {**member, "perm": right}
        await self._caller.ask(
            Ask(operation=SHARE, shape=Nothing, path={"document_id": document_id}, query=query, body=body, twice_is_once=True)
        )

    async def open_to_tenant(self, document_id: str) -> None:
        """Let everybody of the tenant edit by the link; the tenant's policy may forbid it."""
        body = {"link_share_entity": "tenant_editable"}
        ask = Ask(
            operation=OPEN_LINK, shape=Nothing, path={"document_id": document_id}, query={"type": "docx"}, body=body, twice_is_once=True
        )
        await self._caller.ask(ask)

    async def follow(self, token: str, file_type: str = "docx") -> None:
        """Ask for the events of one file (a document, or a base as `bitable`) that the app manages."""
        ask = Ask(operation=SUBSCRIBE, shape=Nothing, path={"document_id": token}, query={"file_type": file_type}, twice_is_once=True)
        await self._caller.ask(ask)

    async def follow_comments(self) -> None:
        """Ask for the events of comments on all documents of the app."""
        body = {"event_type": "drive.notice.comment_add_v1"}
        await self._caller.ask(Ask(operation=COMMENTS, shape=Nothing, body=body, twice_is_once=True))

    async def _write(
        self, operation: Operation, shape: type[Shape], document_id: str, body: object, under: str, key: str, *, twice_is_once: bool = True
    ) -> Shape:
        path = {"document_id": document_id, "block_id": under}
        query = {"document_revision_id": -1, "client_token": key or None}
        safe = twice_is_once and (bool(key) or operation is UPDATE)
        lanes = [(f"document:{document_id}", ONE_DOCUMENT)]
        return await self._caller.ask(
            Ask(operation=operation, shape=shape, path=path, query=query, body=body, lanes=lanes, twice_is_once=safe)
        )


def _cut(name: str) -> str:
    return name.encode()[:LONGEST_NAME].decode(errors="ignore")
