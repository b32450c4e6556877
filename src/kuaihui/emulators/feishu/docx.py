"""
Documents (docx): a tree of blocks, read whole and edited in small batches.

Rule 1: a document's page block has the document's own id, and a copy's blocks may appear only after a while.
Rule 2: an edit raises the revision; the same client token answers with what it answered before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import cast

import msgspec

from kuaihui.emulators.feishu.call import Answer, Call, Operation
from kuaihui.emulators.feishu.errors import DOCX_BAD_ARGUMENT, DOCX_BAD_SCHEMA, DOCX_COPYING, DOCX_FORBIDDEN, DOCX_NOT_FOUND, Rejected
from kuaihui.emulators.feishu.limits import DOCX_WRITE, FIVE_A_SECOND, TIER_4
from kuaihui.emulators.feishu.papers import EDIT, FULL, Document
from kuaihui.emulators.feishu.records import Json
from kuaihui.emulators.feishu.world import World

PAGE, TEXT = 1, 2
# The field that holds a block's content, by block type; the vendor's page on the block structure.
FIELD = {
    1: "page", 2: "text", 3: "heading1", 4: "heading2", 5: "heading3", 6: "heading4", 7: "heading5", 8: "heading6", 9: "heading7",
    10: "heading8", 11: "heading9", 12: "bullet", 13: "ordered", 14: "code", 15: "quote", 17: "todo", 19: "callout", 22: "divider",
    23: "file", 24: "grid", 25: "grid_column", 27: "image", 31: "table", 32: "table_cell", 34: "quote_container", 35: "task",
}  # fmt: skip
MUST_HAVE_CHILDREN = {19, 25, 32}


class NewDocument(msgspec.Struct):
    """The body of `document.create`."""

    title: str = ""
    folder_token: str = ""


class NewChildren(msgspec.Struct):
    """The body of `document_block_children.create`."""

    children: list[dict[str, object]]
    index: int = -1


class NewDescendants(msgspec.Struct):
    """The body of `document_block_descendant.create`: blocks with ids of the caller's own making."""

    children_id: list[str]
    descendants: list[dict[str, object]]
    index: int = -1


class Span(msgspec.Struct):
    """The body of `batch_delete`: children from `start_index` up to, not with, `end_index`."""

    start_index: int
    end_index: int


class Changes(msgspec.Struct):
    """The body of `batch_update`."""

    requests: list[dict[str, object]]


Edit = Callable[[], Json]


def create(call: Call) -> Answer:
    """An empty document that belongs to the caller."""
    said = call.body(NewDocument, DOCX_BAD_ARGUMENT)
    document = empty(call.world, said.title, call.actor, said.folder_token)
    return {"document": {"document_id": document.token, "revision_id": document.revision, "title": document.title}}


def empty(world: World, title: str, owner: str, folder: str = "") -> Document:
    """A new document with nothing but its page block."""
    token = world.new_id("doxcn")
    document = Document(token, title, owner, world.now(), folder=folder, members={owner: FULL})
    content: Json = {"elements": [{"text_run": {"content": title}}]}
    document.blocks[token] = {"block_id": token, "block_type": PAGE, "parent_id": "", "children": [], "page": content}
    world.documents[token] = document
    return document


def document_of(call: Call, least: str = "view") -> Document:
    """The document the path names, if the caller may see (or edit) it and it is not being copied."""
    document = call.world.documents.get(call.path["document_id"])
    if document is None:
        raise Rejected(DOCX_NOT_FOUND)
    if not may(call, document, least):
        raise Rejected(DOCX_FORBIDDEN)
    if document.ready_at and document.ready_at > call.world.now():
        raise Rejected(DOCX_COPYING)
    return document


def may(call: Call, document: Document, least: str) -> bool:
    """Whether the caller has at least this right: its own, that of a group it is in, or the link's."""
    chats = [chat.chat_id for chat in call.world.chats.values() if (call.actor in chat.members if call.person else call.actor in chat.bots)]
    rights = {document.members.get(name) for name in (call.actor, *chats)} - {None}
    if document.link_share == "tenant_editable":
        rights.add(EDIT)
    return bool(rights & {FULL, EDIT}) if least == EDIT else bool(rights) or document.link_share == "tenant_readable"


def get(call: Call) -> Answer:
    """Title and revision; refused while a copy's blocks are on their way."""
    document = document_of(call)
    return {"document": {"document_id": document.token, "revision_id": document.revision, "title": document.title}}


def raw_content(call: Call) -> Answer:
    """All words of a document, a block a line."""
    document = document_of(call)
    return {"content": "\n".join([*(words(block) for block in walk(document, document.token)), ""])}


def blocks(call: Call) -> Answer:
    """All blocks, each before its children."""
    document = document_of(call)
    return call.page(list(walk(document, document.token)), 500, 500)


def walk(document: Document, block_id: str) -> Iterator[Json]:
    """A block and everything below it, in reading order."""
    block = document.blocks[block_id]
    yield block
    for child in children(block):
        yield from walk(document, child)


def children(block: Json) -> list[str]:
    """The ids of a block's children."""
    return cast("list[str]", block.setdefault("children", []))


def elements(block: Json) -> list[Json]:
    """The runs of text and mentions of a block."""
    content = cast("Json", block.get(FIELD.get(cast("int", block["block_type"]), ""), {}))
    return cast("list[Json]", content.get("elements") or [])


def words(block: Json) -> str:
    """What a block says in plain words."""
    runs = [cast("Json", run.get("text_run") or run.get("mention_user") or {}) for run in elements(block)]
    return "".join(str(run.get("content") or f"@{run.get('user_id', '')}") for run in runs)


def add_children(call: Call) -> Answer:
    """Up to fifty new blocks under one block."""
    document, said = document_of(call, EDIT), call.body(NewChildren, DOCX_BAD_SCHEMA)
    if not 1 <= len(said.children) <= 50:
        raise DOCX_BAD_ARGUMENT.because("1 to 50 children")
    return _once(call, document, lambda: {"children": _insert(call, document, said)})


def _insert(call: Call, document: Document, said: NewChildren) -> list[Json]:
    parent = block_of(call, document)
    made = [put(call.world, document, parent, block) for block in said.children]
    place(parent, [cast("str", block["block_id"]) for block in made], said.index)
    return made


def put(world: World, document: Document, parent: Json, described: Json) -> Json:
    """A block from its description, not yet among its parent's children."""
    kind = described.get("block_type")
    if kind not in FIELD or (kind != PAGE and FIELD[cast("int", kind)] not in described):
        raise DOCX_BAD_SCHEMA.because(f"block_type {kind} needs its content field")
    block: Json = {**described, "block_id": world.new_id("blk"), "parent_id": parent["block_id"], "children": []}
    document.blocks[cast("str", block["block_id"])] = block
    return block


def place(parent: Json, ids: list[str], index: int) -> None:
    """Put children at their place; -1 is the end."""
    siblings = children(parent)
    if index > len(siblings):
        raise DOCX_BAD_ARGUMENT.because(f"index {index} is behind the end")
    at = len(siblings) if index < 0 else index
    siblings[at:at] = ids


def block_of(call: Call, document: Document) -> Json:
    """The block the path names."""
    block = document.blocks.get(call.path["block_id"])
    if block is None:
        raise Rejected(DOCX_NOT_FOUND)
    return block


def add_descendants(call: Call) -> Answer:
    """Up to a thousand blocks with blocks below them; answered with how the caller's ids became Feishu's."""
    document, said = document_of(call, EDIT), call.body(NewDescendants, DOCX_BAD_SCHEMA)
    if not 1 <= len(said.descendants) <= 1000:
        raise DOCX_BAD_ARGUMENT.because("1 to 1000 descendants")
    return _once(call, document, lambda: _graft(call, document, said))


def _graft(call: Call, document: Document, said: NewDescendants) -> Json:
    described = {cast("str", block.get("block_id")): block for block in said.descendants}
    names: dict[str, str] = {}
    parent = block_of(call, document)
    tops = [_grow(call.world, document, parent, described, temporary, names) for temporary in said.children_id]
    place(parent, [cast("str", block["block_id"]) for block in tops], said.index)
    relations = [{"temporary_block_id": temporary, "block_id": real} for temporary, real in names.items()]
    return {"children": tops, "block_id_relations": relations}


def _grow(world: World, document: Document, parent: Json, described: dict[str, Json], temporary: str, names: dict[str, str]) -> Json:
    if temporary not in described:
        raise DOCX_BAD_ARGUMENT.because(f"no descendant is called {temporary}")
    block = put(world, document, parent, {key: value for key, value in described[temporary].items() if key != "children"})
    names[temporary] = cast("str", block["block_id"])
    below = cast("list[str]", described[temporary].get("children") or [])
    if block["block_type"] in MUST_HAVE_CHILDREN and not below:
        raise DOCX_BAD_SCHEMA.because(f"block_type {block['block_type']} needs a child")
    for child in below:
        children(block).append(cast("str", _grow(world, document, block, described, child, names)["block_id"]))
    return block


def _once(call: Call, document: Document, do: Edit) -> Json:
    token = call.query.get("client_token", "")
    if token and token in document.write_tokens:
        return document.write_tokens[token]
    answer = do()
    document.revision += 1
    answer |= {"document_revision_id": document.revision, "client_token": token}
    if token:
        document.write_tokens[token] = answer
    return answer


def update(call: Call) -> Answer:
    """Change up to 200 blocks, each once."""
    document, said = document_of(call, EDIT), call.body(Changes, DOCX_BAD_SCHEMA)
    ids = [cast("str", change.get("block_id")) for change in said.requests]
    if not 1 <= len(ids) <= 200 or len(set(ids)) < len(ids):
        raise DOCX_BAD_ARGUMENT.because("1 to 200 requests, one a block")
    if missing := [each for each in ids if each not in document.blocks]:
        raise DOCX_NOT_FOUND.because(f"{missing}")
    return _once(call, document, lambda: {"blocks": [_changed(document, change) for change in said.requests]})


def _changed(document: Document, change: Json) -> Json:
    block = document.blocks[cast("str", change["block_id"])]
    content = cast("Json", block.setdefault(FIELD[cast("int", block["block_type"])], {}))
    if isinstance(edit := change.get("update_text_elements"), dict):
        content["elements"] = cast("Json", edit).get("elements")
    elif isinstance(edit := change.get("replace_image"), dict):
        content["token"] = cast("Json", edit).get("token")
    elif isinstance(edit := change.get("update_text_style"), dict):
        content["style"] = cast("Json", edit).get("style")
    else:
        raise DOCX_BAD_SCHEMA.because(f"this emulator knows no {sorted(set(change) - {'block_id'})}")
    return block


def remove(call: Call) -> Answer:
    """Take a span of a block's children away, with all below them."""
    document, said = document_of(call, EDIT), call.body(Span, DOCX_BAD_SCHEMA)
    parent = block_of(call, document)
    if not 0 <= said.start_index < said.end_index <= len(children(parent)):
        raise DOCX_BAD_ARGUMENT.because("start_index and end_index")
    return _once(call, document, lambda: _removed(document, parent, said))


def _removed(document: Document, parent: Json, span: Span) -> Json:
    for block_id in children(parent)[span.start_index : span.end_index]:
        for block in list(walk(document, block_id)):
            del document.blocks[cast("str", block["block_id"])]
    del children(parent)[span.start_index : span.end_index]
    return {}


DOCUMENT = "docx/v1/documents/{document_id}"
BLOCK = f"{DOCUMENT}/blocks/{{block_id}}"
DOCUMENT_CREATE = (*TIER_4, *DOCX_WRITE[:1])
OPERATIONS = [
    Operation("docx.v1.document.create", "POST", "docx/v1/documents", create, "TU", DOCUMENT_CREATE),
    Operation("docx.v1.document.get", "GET", DOCUMENT, get, "TU", FIVE_A_SECOND),
    Operation("docx.v1.document.raw_content", "GET", f"{DOCUMENT}/raw_content", raw_content, "TU", FIVE_A_SECOND),
    Operation("docx.v1.document_block.list", "GET", f"{DOCUMENT}/blocks", blocks, "TU", FIVE_A_SECOND),
    Operation("docx.v1.document_block.batch_update", "PATCH", f"{DOCUMENT}/blocks/batch_update", update, "TU", DOCX_WRITE),
    Operation("docx.v1.document_block_children.create", "POST", f"{BLOCK}/children", add_children, "TU", DOCX_WRITE),
    Operation("docx.v1.document_block_children.batch_delete", "DELETE", f"{BLOCK}/children/batch_delete", remove, "TU", DOCX_WRITE),
    Operation("docx.v1.document_block_descendant.create", "POST", f"{BLOCK}/descendant", add_descendants, "TU", DOCX_WRITE),
]
