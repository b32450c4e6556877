"""
What Feishu tells us, in our types.

Rule 1: every event type has its line in `TYPES`; one that nobody uses is `Unused`, never an error, so that Feishu does not send it again.
Rule 2: an event may come twice. `Event.once` is the same both times: a message's own id where there is one, else the event's.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from kuaihui.errors import Refused
from kuaihui.integrations.feishu.client.content import words_of
from kuaihui.integrations.feishu.client.times import from_milliseconds, from_seconds
from kuaihui.language import text


class Ids(msgspec.Struct, frozen=True):
    """Who: a person, or a bot (which has only an open_id)."""

    open_id: str = ""
    union_id: str = ""
    user_id: str | None = None


class Named(msgspec.Struct, frozen=True):
    """Somebody named in a message."""

    key: str
    id: Ids = Ids()
    name: str = ""


class Sender(msgspec.Struct, frozen=True):
    """Who sent a message: `user` or a bot."""

    sender_id: Ids = Ids()
    sender_type: str = "user"


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A message as its event carries it; a card comes without its content here: fetch it."""

    message_id: str
    root_id: str = ""
    parent_id: str = ""
    thread_id: str = ""
    chat_id: str = ""
    chat_type: str = "group"
    message_type: str = "text"
    content: str = "{}"
    create_time: int = 0  # milliseconds
    mentions: list[Named] | None = None

    @property
    def at(self) -> datetime:
        """When it was sent."""
        return from_milliseconds(self.create_time)

    @property
    def words(self) -> str:
        """What it says in plain words."""
        return words_of(self.message_type, self.content, {each.key: each.name for each in self.mentions or []})


class MessageReceived(msgspec.Struct, frozen=True):
    """Somebody said something where the bot hears it."""

    sender: Sender
    message: Said


class Reader(msgspec.Struct, frozen=True):
    """Who read, and when."""

    reader_id: Ids
    read_time: int = 0  # milliseconds

    @property
    def at(self) -> datetime:
        """When they read."""
        return from_milliseconds(self.read_time)


class MessagesRead(msgspec.Struct, frozen=True):
    """Somebody read the bot's messages in their private chat. Groups send nothing: ask `Messages.readers`."""

    reader: Reader
    message_id_list: list[str]


class Emoji(msgspec.Struct, frozen=True):
    """An emoji by its name."""

    emoji_type: str


class Reacted(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody put an emoji on a message."""

    message_id: str
    reaction_type: Emoji
    operator_type: str = "user"
    user_id: Ids = Ids()
    action_time: int = 0

    @property
    def at(self) -> datetime:
        """When it was put or taken off."""
        return from_milliseconds(self.action_time)


class Unreacted(Reacted, frozen=True, kw_only=True):
    """Somebody took an emoji off."""


class Recalled(msgspec.Struct, frozen=True):
    """A message was taken back. Of an alert this does not say that it is over."""

    message_id: str
    chat_id: str = ""


class ChatPerson(msgspec.Struct, frozen=True):
    """Somebody who came or went."""

    user_id: Ids = Ids()
    name: str = ""


class PeopleJoined(msgspec.Struct, frozen=True):
    """People came into a chat."""

    chat_id: str
    operator_id: Ids | None = None
    users: list[ChatPerson] = []


class PeopleLeft(PeopleJoined, frozen=True):
    """People left a chat, or were taken out."""


class BotAdded(msgspec.Struct, frozen=True):
    """The bot was added to a chat."""

    chat_id: str
    name: str = ""


class ChatDissolved(msgspec.Struct, frozen=True):
    """A chat is no more."""

    chat_id: str


class BotChatOpened(msgspec.Struct, frozen=True):
    """Somebody opened the bot's private chat."""

    chat_id: str
    operator_id: Ids = Ids()


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """What was pressed: `value` is what the card's author put there, `form_value` what was filled in."""

    tag: str = ""
    name: str = ""
    value: dict[str, str | int | float | bool | None] = {}
    form_value: dict[str, str | list[str] | bool | None] | None = None
    option: str | None = None
    input_value: str | None = None
    checked: bool | None = None


class Context(msgspec.Struct, frozen=True):
    """Where it was pressed."""

    open_message_id: str = ""
    open_chat_id: str = ""


class CardPressed(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody pressed a card. `token` changes the card later: 30 minutes, twice. Anybody in the chat can press: check who it was."""

    operator: Ids
    action: Action
    token: str = ""
    context: Context = Context()


class MenuOperator(msgspec.Struct, frozen=True):
    """Who chose."""

    operator_id: Ids = Ids()


class MenuChosen(msgspec.Struct, frozen=True):
    """Somebody chose an entry of the bot's menu."""

    event_key: str
    operator: MenuOperator = MenuOperator()


class Meeting(msgspec.Struct, frozen=True, kw_only=True):
    """A meeting as its events name it."""

    id: str = ""
    topic: str = ""
    meeting_no: str = ""


class Attendee(msgspec.Struct, frozen=True):
    """Who did it in the meeting."""

    id: Ids | None = None
    user_type: int = 1


class _MeetingEvent(msgspec.Struct, frozen=True):
    meeting: Meeting
    operator: Attendee = Attendee()


class MeetingStarted(_MeetingEvent, frozen=True):
    """The first person is in a meeting we reserved."""


class MeetingJoined(_MeetingEvent, frozen=True):
    """Somebody came into a meeting we reserved."""


class MeetingLeft(_MeetingEvent, frozen=True):
    """Somebody left a meeting we reserved."""


class MeetingEnded(_MeetingEvent, frozen=True):
    """A meeting we reserved is over."""


class RecordingReady(msgspec.Struct, frozen=True):
    """A meeting's recording can be watched."""

    meeting: Meeting
    url: str = ""


class NoticeMeta(msgspec.Struct, frozen=True):
    """Which document, and who did it."""

    file_token: str = ""
    file_type: str = ""
    from_user_id: Ids = Ids()


class CommentAdded(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody commented on a document, or replied there; the words are to be fetched."""

    comment_id: str
    reply_id: str = ""
    notice_meta: NoticeMeta = NoticeMeta()


class RecordChange(msgspec.Struct, frozen=True):
    """One row that was added, edited or deleted."""

    record_id: str
    action: str = ""


class TableChanged(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of a table we follow were changed."""

    file_token: str
    table_id: str = ""
    action_list: list[RecordChange] = []


class TaskChanged(msgspec.Struct, frozen=True, kw_only=True):
    """A task we can see was changed; the kinds are such as `task_completed_update`."""

    task_guid: str
    event_types: list[str] = []


class Departed(msgspec.Struct, frozen=True):
    """Somebody as the directory names them."""

    open_id: str = ""
    name: str = ""


class PersonLeft(msgspec.Struct, frozen=True):
    """Somebody has left the company: the roster may still name them."""

    object: Departed


class Unused(msgspec.Struct, frozen=True):
    """An event that nothing here uses."""


Body = (
    MessageReceived
    | MessagesRead
    | Reacted
    | Unreacted
    | Recalled
    | PeopleJoined
    | PeopleLeft
    | BotAdded
    | ChatDissolved
    | BotChatOpened
    | CardPressed
    | MenuChosen
    | MeetingStarted
    | MeetingJoined
    | MeetingLeft
    | MeetingEnded
    | RecordingReady
    | CommentAdded
    | TableChanged
    | TaskChanged
    | PersonLeft
    | Unused
)

TYPES: Final[dict[str, type[Body]]] = {
    "im.message.receive_v1": MessageReceived,
    "im.message.message_read_v1": MessagesRead,
    "im.message.reaction.created_v1": Reacted,
    "im.message.reaction.deleted_v1": Unreacted,
    "im.message.recalled_v1": Recalled,
    "im.chat.member.user.added_v1": PeopleJoined,
    "im.chat.member.user.deleted_v1": PeopleLeft,
    "im.chat.member.user.withdrawn_v1": PeopleLeft,
    "im.chat.member.bot.added_v1": BotAdded,
    "im.chat.disbanded_v1": ChatDissolved,
    "im.chat.access_event.bot_p2p_chat_entered_v1": BotChatOpened,
    "card.action.trigger": CardPressed,
    "application.bot.menu_v6": MenuChosen,
    "vc.meeting.meeting_started_v1": MeetingStarted,
    "vc.meeting.join_meeting_v1": MeetingJoined,
    "vc.meeting.leave_meeting_v1": MeetingLeft,
    "vc.meeting.meeting_ended_v1": MeetingEnded,
    "vc.meeting.recording_ready_v1": RecordingReady,
    "drive.notice.comment_add_v1": CommentAdded,
    "drive.file.bitable_record_changed_v1": TableChanged,
    "task.task.update_user_access_v2": TaskChanged,
    "contact.user.deleted_v3": PersonLeft,
}


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One event with what it says."""

    id: str
    type: str
    app_id: str
    at: datetime
    body: Body

    @property
    def once(self) -> str:
        """The same for the same thing, however often it is sent."""
        return self.body.message.message_id if isinstance(self.body, MessageReceived) else self.id


class _Header(msgspec.Struct, frozen=True):
    event_id: str
    event_type: str
    create_time: int = 0
    app_id: str = ""


class _Envelope(msgspec.Struct):
    header: _Header
    event: msgspec.Raw = msgspec.Raw(b"{}")


def parse(plain: bytes) -> Event:
    """An event from its plain JSON. Raises Refused for what is not one, or lacks what its type must have."""
    try:
        said = msgspec.json.decode(plain, type=_Envelope, strict=False)
        body = msgspec.json.decode(said.event, type=TYPES.get(said.header.event_type, Unused), strict=False)
    except msgspec.MsgspecError as fault:
        raise Refused(text("an event that cannot be read: {fault}", fault=str(fault))) from fault
    header = said.header
    return Event(id=header.event_id, type=header.event_type, app_id=header.app_id, at=_instant(header.create_time), body=body)


def _instant(value: int) -> datetime:
    """Seconds, milliseconds or (cards) microseconds: told apart by their size."""
    if value > 10**14:
        return from_milliseconds(value // 1000)
    return from_milliseconds(value) if value > 10**11 else from_seconds(value)
