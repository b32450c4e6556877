"""
What the app must be allowed, and be told, in the tenant: each permission and event with why.

Rule 1: this is the one list: the doctor checks it, and a test holds the documents to it.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from kuaihui.language import Text, text

# When a permission is needed: always, or only where a part of Feishu is used.
When = Literal["always", "buzz", "sms", "phone", "documents", "meetings", "tasks", "table", "write", "wiki"]


class Scope(msgspec.Struct, frozen=True):
    """A permission: any one of these names will do, the narrowest first."""

    names: tuple[str, ...]
    why: Text
    when: When = "always"


class Subscription(msgspec.Struct, frozen=True):
    """An event (or callback) to be subscribed to."""

    name: str
    why: Text
    when: When = "always"


SCOPES: Final = (
    Scope(("im:message:send_as_bot", "im:message"), text("send cards, topics and answers")),
    Scope(("im:message:update", "im:message"), text("keep the status card up to date")),
    Scope(("im:message:readonly", "im:message"), text("read alerts in the group's history, and who has read what")),
    Scope(("im:message.group_msg",), text("hear what is said in topics without an @, and read the group's history")),
    Scope(("im:message.p2p_msg:readonly", "im:message.p2p_msg"), text("take commands in private")),
    Scope(("im:message.reactions:read",), text("hear reactions: on a page they take it on")),
    Scope(("im:message.reactions:write_only", "im:message"), text("nod at a command that was understood")),
    Scope(("im:message.urgent",), text("ring in the app (加急)"), "buzz"),
    Scope(("im:message.urgent:sms",), text("ring by SMS; it spends the tenant's paid quota"), "sms"),
    Scope(("im:message.urgent:phone",), text("ring by phone; it spends the tenant's paid quota"), "phone"),
    Scope(("im:resource",), text("post pictures of evidence, and keep the screenshots people post")),
    Scope(("im:chat",), text("open a group for an incident, let people in, put the document on top")),
    Scope(("im:message.pins:write_only", "im:message"), text("pin the document's message in the group"), "documents"),
    Scope(("im:chat.top_notice:write_only", "im:chat"), text("put the document's message on top of the group"), "documents"),
    Scope(("im:chat.tabs:write_only", "im:chat"), text("make the document a tab of the group"), "documents"),
    Scope(("contact:user.id:readonly",), text("find people by phone number and e-mail address")),
    Scope(("contact:contact.base:readonly", "contact:contact:readonly"), text("look into the directory at all")),
    Scope(("contact:user.base:readonly",), text("know people's names")),
    Scope(("contact:user.department:readonly",), text("know people's leaders")),
    Scope(("docs:document:copy", "drive:drive"), text("make the incident's document from the team's template"), "documents"),
    Scope(("docx:document",), text("keep the document in step, and see what people write in it"), "documents"),
    Scope(("docs:permission.member:create", "drive:drive"), text("share the document with the group at once"), "documents"),
    Scope(("docs:event:subscribe", "drive:drive"), text("be told when the document is edited"), "documents"),
    Scope(("docs:document.comment:read", "drive:drive"), text("hear comments on the document"), "documents"),
    Scope(
        ("docs:document.comment:create", "drive:drive"), text("ask in the document, at its place, for what nobody has written"), "documents"
    ),
    Scope(("drive:file.like:readonly",), text("see who likes the document"), "documents"),
    Scope(("drive:file:view_record:readonly",), text("see who opens the document, and tell who wrote in it"), "documents"),
    Scope(("vc:reserve",), text("reserve the meeting"), "meetings"),
    Scope(("vc:meeting.meetingevent:read",), text("know who joins and leaves the meeting"), "meetings"),
    Scope(("task:task:write", "task:task"), text("make follow-up tasks"), "tasks"),
    Scope(("task:task:read", "task:task"), text("hear when a task is done"), "tasks"),
    Scope(("bitable:app:readonly", "bitable:app"), text("read the table of business lines"), "table"),
    Scope(("base:record:update", "bitable:app"), text("show swaps of shifts in the table"), "write"),
    Scope(("wiki:wiki:readonly", "wiki:node:read", "wiki:wiki"), text("find the table that sits in a wiki"), "wiki"),
)

EVENTS: Final = (
    Subscription("im.message.receive_v1", text("what is said in topics and in private, and other bots' alerts where Feishu delivers them")),
    Subscription("im.message.message_read_v1", text("a page was read")),
    Subscription("im.message.reaction.created_v1", text("a reaction was put")),
    Subscription("im.message.reaction.deleted_v1", text("a reaction was taken back")),
    Subscription("im.chat.member.user.added_v1", text("somebody was added to the group: they are pulled in")),
    Subscription("im.chat.member.user.deleted_v1", text("somebody was taken out of the group")),
    Subscription("im.chat.member.user.withdrawn_v1", text("an invitation to the group was taken back")),
    Subscription("vc.meeting.join_meeting_v1", text("somebody joined the meeting"), "meetings"),
    Subscription("vc.meeting.leave_meeting_v1", text("somebody left the meeting"), "meetings"),
    Subscription("drive.notice.comment_add_v1", text("somebody commented on the document"), "documents"),
    Subscription("task.task.update_user_access_v2", text("a task was done"), "tasks"),
    Subscription("drive.file.bitable_record_changed_v1", text("somebody wrote in the table of business lines"), "table"),
)
# Set up apart from the events, on the same page of the console.
CALLBACK: Final = Subscription("card.action.trigger", text("a button of a card was pressed"))
