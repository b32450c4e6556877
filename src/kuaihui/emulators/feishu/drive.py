"""Documents from outside: copied, shared, commented, liked, opened; and images put into them."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import cast

import msgspec

from kuaihui.emulators.feishu import docx
from kuaihui.emulators.feishu.call import Answer, Call, Operation
from kuaihui.emulators.feishu.clock import milliseconds
from kuaihui.emulators.feishu.errors import (
    BAD_FIELD,
    COMMENT_BAD_ARGUMENT,
    DRIVE_BAD_ARGUMENT,
    DRIVE_BUSY,
    DRIVE_FORBIDDEN,
    DRIVE_NOT_FOUND,
    NO_SUCH_COMMENT,
    SHARE_FORBIDDEN,
    Rejected,
)
from kuaihui.emulators.feishu.limits import FIVE_A_SECOND, TIER_3, TIER_4, Limit, per_app
from kuaihui.emulators.feishu.papers import EDIT, FULL, VIEW, Comment, Document, Reply
from kuaihui.emulators.feishu.records import Json, Upload
from kuaihui.emulators.feishu.world import World

HOST = "https://emulated.feishu.cn"
LONGEST_NAME = 256  # bytes


class Copying(msgspec.Struct):
    """The body of `file.copy`."""

    name: str
    type: str
    folder_token: str = ""


class Sharing(msgspec.Struct):
    """The body of `permission_member.create`."""

    member_type: str
    member_id: str
    perm: str
    type: str = ""


class Public(msgspec.Struct):
    """The body of `permission_public.patch`."""

    link_share_entity: str = "closed"


class Content(msgspec.Struct):
    """What a reply says."""

    elements: list[dict[str, object]]


class NewReply(msgspec.Struct):
    """One reply."""

    content: Content


class Replies(msgspec.Struct):
    """The replies a new comment begins with."""

    replies: list[NewReply]


class NewComment(msgspec.Struct):
    """The body of `file_comment.create`."""

    reply_list: Replies


class Anchor(msgspec.Struct):
    """Where in the document a comment stands."""

    block_id: str = ""


class AnchoredComment(msgspec.Struct):
    """The body of `new_comments`."""

    file_type: str
    reply_elements: list[dict[str, object]]
    anchor: Anchor | None = None


class CommentEvents(msgspec.Struct):
    """The body of `user.subscription`."""

    event_type: str


class Solving(msgspec.Struct):
    """The body of `file_comment.patch`."""

    is_solved: bool


class Liking(msgspec.Struct):
    """The body of `comment_reaction.update_reaction`."""

    action: str
    reply_id: str
    reaction_type: str


def document_of(call: Call, least: str = VIEW) -> Document:
    """The document the path names, if the caller has this right."""
    document = call.world.documents.get(call.path["file_token"])
    if document is None:
        raise Rejected(DRIVE_NOT_FOUND)
    if not docx.may(call, document, least):
        raise Rejected(DRIVE_FORBIDDEN)
    return document


def copy_file(call: Call) -> Answer:
    """A copy that belongs to the caller. One at a time: a second while one runs is told to come again."""
    source, said, world = document_of(call), call.body(Copying, DRIVE_BAD_ARGUMENT), call.world
    if said.type != source.kind or not 0 < len(said.name.encode()) <= LONGEST_NAME:
        raise DRIVE_BAD_ARGUMENT.because("type, or name of 1 to 256 bytes")
    if world.copying_until.get(call.app.app_id, world.now()) > world.now():
        raise Rejected(DRIVE_BUSY)
    done = world.now() + timedelta(seconds=world.copy_seconds)
    world.copying_until[call.app.app_id] = done
    made = docx.empty(world, said.name, call.actor, said.folder_token)
    made.ready_at = done
    _copy_blocks(world, source, made)
    url = f"{HOST}/docx/{made.token}"
    return {"file": {"token": made.token, "name": made.title, "type": made.kind, "parent_token": made.folder, "url": url}}


def _copy_blocks(world: World, source: Document, made: Document) -> None:
    names = {old: (made.token if old == source.token else world.new_id("blk")) for old in source.blocks}
    page = made.blocks[made.token]["page"]
    for old, block in source.blocks.items():
        copied = copy.deepcopy(block)
        copied["block_id"] = names[old]
        copied["parent_id"] = names.get(cast("str", block.get("parent_id") or ""), "")
        copied["children"] = [names[child] for child in docx.children(block)]
        made.blocks[names[old]] = copied
    made.blocks[made.token]["page"] = page


def share(call: Call) -> Answer:
    """Give a person or a group a right; a group only when the bot is in it."""
    document, said = document_of(call, EDIT), call.body(Sharing, DRIVE_BAD_ARGUMENT)
    if said.perm not in {VIEW, EDIT, FULL}:
        raise DRIVE_BAD_ARGUMENT.because("perm")
    if said.member_type == "openchat":
        chat = call.world.chats.get(said.member_id)
        if chat is None or call.app.app_id not in chat.bots:
            raise Rejected(SHARE_FORBIDDEN)
        member = said.member_id
    else:
        id_type = {"openid": "open_id", "unionid": "union_id", "userid": "user_id", "email": "email"}.get(said.member_type, "open_id")
        member = call.world.person(said.member_id, id_type).open_id
    document.members[member] = said.perm
    return {"member": {"member_type": said.member_type, "member_id": said.member_id, "perm": said.perm, "type": said.type}}


def open_link(call: Call) -> Answer:
    """Who may read or edit by the link alone."""
    document, said = document_of(call, EDIT), call.body(Public, DRIVE_BAD_ARGUMENT)
    document.link_share = said.link_share_entity
    return {"permission_public": {"link_share_entity": said.link_share_entity, "external_access_entity": "closed"}}


def upload_media(call: Call) -> Answer:
    """An image for a document's image block; its token is not an IM image key."""
    part = call.files.get("file")
    if part is None or call.form.get("parent_type") not in {"docx_image", "docx_file"} or not call.form.get("parent_node"):
        raise BAD_FIELD.because("file, parent_type and parent_node are required")
    if str(len(part.content)) != call.form.get("size"):
        raise DRIVE_BAD_ARGUMENT.because("size")
    made = Upload(call.world.new_id("boxcn"), call.form.get("file_name", part.name), part.content, call.app.app_id)
    call.world.uploads[made.key] = made
    return {"file_token": made.key}


def comment(call: Call) -> Answer:
    """A comment on the whole document."""
    document, said = document_of(call), call.body(NewComment, COMMENT_BAD_ARGUMENT)
    made = add_comment(call.world, document, call.actor, said.reply_list.replies[0].content.elements)
    return _comment(made)


def comment_anchored(call: Call) -> Answer:
    """A comment on one block (or, without an anchor, on the whole document), in the newer shape."""
    document, said = document_of(call), call.body(AnchoredComment, COMMENT_BAD_ARGUMENT)
    block_id = said.anchor.block_id if said.anchor else ""
    if block_id and block_id not in document.blocks:
        raise COMMENT_BAD_ARGUMENT.because("anchor.block_id")
    elements: list[Json] = [_old_shape(element) for element in said.reply_elements]
    return _comment(add_comment(call.world, document, call.actor, elements, block_id))


def _old_shape(element: Json) -> Json:
    if element.get("type") == "mention_user":
        return {"type": "person", "person": {"user_id": element.get("mention_user")}}
    return {"type": "text_run", "text_run": {"text": element.get("text", "")}}


def add_comment(world: World, document: Document, author: str, elements: list[Json], block_id: str = "") -> Comment:
    """Somebody comments; the document's owner hears of it."""
    reply = Reply(world.new_id("reply"), author, elements, world.now())
    quote = docx.words(document.blocks[block_id]) if block_id else ""
    made = Comment(world.new_id("cmt"), author, [reply], world.now(), block_id, quote)
    document.comments.append(made)
    _announce(world, document, made, reply)
    return made


def add_reply(world: World, document: Document, found: Comment, author: str, elements: list[Json]) -> Reply:
    """Somebody replies under a comment; the document's owner hears of it."""
    made = Reply(world.new_id("reply"), author, elements, world.now())
    found.replies.append(made)
    _announce(world, document, found, made)
    return made


def _announce(world: World, document: Document, found: Comment, reply: Reply) -> None:
    if document.owner not in world.apps or reply.author == document.owner:
        return
    meta: Json = {"file_token": document.token, "file_type": document.kind, "from_user_id": world.people[reply.author].ids()}
    body: Json = {"comment_id": found.comment_id, "reply_id": reply.reply_id, "is_mentioned": False, "notice_meta": meta}
    world.publish([document.owner], "drive.notice.comment_add_v1", body, document.token)


def comments(call: Call) -> Answer:
    """The comments with their replies."""
    wanted = call.query.get("is_solved", "").lower()
    found = [one for one in document_of(call).comments if not wanted or (wanted == "true") == bool(one.solved_by)]
    return call.page([_comment(one) for one in found], 50, 100)


def _comment(one: Comment) -> Json:
    shown: Json = {
        "comment_id": one.comment_id,
        "user_id": one.author,
        "create_time": milliseconds(one.at) // 1000,
        "is_solved": bool(one.solved_by),
        "is_whole": not one.block_id,
        "quote": one.quote,
        "reply_list": {"replies": [_reply(each) for each in one.replies]},
    }
    return shown


def _reply(one: Reply) -> Json:
    reactions = [{"reaction_key": key, "count": len(people)} for key, people in one.reactions.items() if people]
    return {
        "reply_id": one.reply_id,
        "user_id": one.author,
        "create_time": milliseconds(one.at) // 1000,
        "content": {"elements": one.elements},
        "reactions": reactions,
    }


def _comment_of(document: Document, comment_id: str) -> Comment:
    found = next((one for one in document.comments if one.comment_id == comment_id), None)
    if found is None:
        raise Rejected(NO_SUCH_COMMENT)
    return found


def reply(call: Call) -> Answer:
    """A reply under a comment."""
    document, said = document_of(call), call.body(NewReply, COMMENT_BAD_ARGUMENT)
    made = add_reply(call.world, document, _comment_of(document, call.path["comment_id"]), call.actor, said.content.elements)
    return _reply(made)


def solve(call: Call) -> Answer:
    """Mark a comment as solved, or open again."""
    found = _comment_of(document_of(call), call.path["comment_id"])
    found.solved_by = call.actor if call.body(Solving, COMMENT_BAD_ARGUMENT).is_solved else ""
    return {}


def like_comment(call: Call) -> Answer:
    """Put an emoji on a reply, or take it off."""
    document, said = document_of(call), call.body(Liking, COMMENT_BAD_ARGUMENT)
    found = next((one for each in document.comments for one in each.replies if one.reply_id == said.reply_id), None)
    if found is None:
        raise Rejected(NO_SUCH_COMMENT)
    people = found.reactions.setdefault(said.reaction_type, [])
    if said.action == "add" and call.actor not in people:
        people.append(call.actor)
    elif said.action == "delete" and call.actor in people:
        people.remove(call.actor)
    return {}


def likes(call: Call) -> Answer:
    """Who likes the document; there is no event for it."""
    document = document_of(call)
    return call.page(
        [
            {"user_id": one, "user_name": call.world.name_of(one), "last_liked_time": str(milliseconds(at) // 1000)}
            for one, at in document.likes.items()
        ],
        20,
        50,
    )


def views(call: Call) -> Answer:
    """Who opened the document."""
    document = document_of(call)
    found = sorted(document.views.items(), key=lambda each: each[1], reverse=True)
    shown: list[Json] = [
        {"viewer_id": one, "name": call.world.name_of(one), "last_view_time": str(milliseconds(at) // 1000)} for one, at in found
    ]
    return call.page(shown, 10, 50)


def subscribe(call: Call) -> Answer:
    """Events of one file for this app."""
    token = call.path["file_token"]
    found = call.world.bases.get(token) or call.world.documents.get(token)
    if found is None:
        raise Rejected(DRIVE_NOT_FOUND)
    found.subscribers.add(call.app.app_id)
    return {}


def subscribe_comments(call: Call) -> Answer:
    """Events of comments on all the app's documents; an app hears of them without asking, too."""
    if call.body(CommentEvents, DRIVE_BAD_ARGUMENT).event_type != "drive.notice.comment_add_v1":
        raise DRIVE_BAD_ARGUMENT.because("event_type")
    return {}


FILE = "drive/v1/files/{file_token}"
COPY_LIMITS = (*FIVE_A_SECOND,)
OPERATIONS = [
    Operation("drive.v1.file.copy", "POST", f"{FILE}/copy", copy_file, "TU", COPY_LIMITS),
    Operation("drive.v1.file.subscribe", "POST", f"{FILE}/subscribe", subscribe, "TU"),
    Operation("drive.v1.user.subscription", "POST", "drive/v1/user/subscription", subscribe_comments, "TU", (Limit(10, 60, per_app),)),
    Operation("drive.v1.media.upload_all", "POST", "drive/v1/medias/upload_all", upload_media, "TU", FIVE_A_SECOND),
    Operation("drive.v1.permission_member.create", "POST", "drive/v1/permissions/{file_token}/members", share, "TU", TIER_3),
    Operation("drive.v2.permission_public.patch", "PATCH", "drive/v2/permissions/{file_token}/public", open_link, "TU", TIER_3),
    Operation("drive.v1.file_comment.create", "POST", f"{FILE}/comments", comment, "TU", TIER_4),
    Operation("drive.v1.file.new_comments", "POST", f"{FILE}/new_comments", comment_anchored, "TU", TIER_4),
    Operation("drive.v1.file_comment.list", "GET", f"{FILE}/comments", comments, "TU", TIER_4),
    Operation("drive.v1.file_comment.patch", "PATCH", f"{FILE}/comments/{{comment_id}}", solve, "TU", TIER_4),
    Operation("drive.v1.file_comment_reply.create", "POST", f"{FILE}/comments/{{comment_id}}/replies", reply, "TU", TIER_4),
    Operation("drive.v2.comment_reaction.update_reaction", "POST", "drive/v2/files/{file_token}/comments/reaction", like_comment, "TU"),
    Operation("drive.v2.file_like.list", "GET", "drive/v2/files/{file_token}/likes", likes, "TU", FIVE_A_SECOND),
    Operation("drive.v1.file_view_record.list", "GET", f"{FILE}/view_records", views, "TU", TIER_4),
]
