"""
What the tenant keeps: apps, people, chats, messages.

Rule: a record is only data; what may be done with it, and what that announces, stands in the file of its subject.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Json = dict[str, object]
SenderKind = Literal["user", "app"]


@dataclass
class App:
    """An application of the tenant, and where its events go."""

    app_id: str
    secret: str
    bot_open_id: str
    name: str = "Kuaihui"
    enabled: bool = True
    scopes: set[str] | None = None  # None: everything is granted
    encrypt_key: str = ""
    verification_token: str = ""
    events_url: str = ""  # "": events go to the long connections
    cards_url: str = ""  # "": card callbacks go where the events go
    event_types: set[str] | None = None  # None: subscribed to all
    redirect_uris: set[str] | None = None  # None: any


@dataclass
class Person:
    """Somebody of the tenant."""

    open_id: str
    name: str
    union_id: str = ""
    user_id: str = ""
    mobile: str = ""
    email: str = ""
    leader: str = ""  # open_id
    department_ids: list[str] = field(default_factory=list[str])
    resigned: bool = False
    available: bool = True  # inside the apps' availability
    stopped_bots: bool = False
    busy: list[tuple[datetime, datetime]] = field(default_factory=list[tuple[datetime, datetime]])

    def __post_init__(self) -> None:
        self.union_id = self.union_id or self.open_id.replace("ou_", "on_", 1)
        self.user_id = self.user_id or self.open_id.removeprefix("ou_")

    def called(self, id_type: str) -> str:
        """This person's id of one type."""
        return {"union_id": self.union_id, "user_id": self.user_id}.get(id_type, self.open_id)

    def ids(self) -> Json:
        """All ids of this person, as events carry them."""
        return {"open_id": self.open_id, "union_id": self.union_id, "user_id": self.user_id}


@dataclass
class Department:
    """A department, its parent and its head."""

    department_id: str
    name: str
    parent: str = "0"
    leader: str = ""  # open_id


@dataclass
class Tab:
    """A tab of a chat, such as the incident's document."""

    tab_id: str
    name: str
    kind: str
    content: Json


@dataclass
class Chat:
    """A group, or the private chat of one person with one bot (then `person` and `app` are set)."""

    chat_id: str
    name: str = ""
    description: str = ""
    owner: str = ""  # open_id, or "" when a bot owns it
    person: str = ""
    app: str = ""
    members: dict[str, datetime] = field(default_factory=dict[str, datetime])  # open_id → joined at
    bots: set[str] = field(default_factory=set[str])  # app_id
    message_mode: str = "chat"  # "thread": everything said is a topic
    everybody_may_speak: bool = True
    bots_may_buzz: bool = True
    at_all_allowed: bool = True
    dissolved: bool = False
    tabs: list[Tab] = field(default_factory=list[Tab])
    top_notice: Json | None = None
    messages: list[str] = field(default_factory=list[str])  # message_id, in order of sending

    @property
    def is_private(self) -> bool:
        """Whether this is a bot's private chat with one person."""
        return bool(self.person)


@dataclass
class Mention:
    """Somebody named in a message: the key that stands in its text, and who it is (open_id, "all", or an app_id)."""

    key: str
    id: str
    name: str


@dataclass
class Reaction:
    """One emoji of one operator on one message."""

    reaction_id: str
    emoji: str
    operator: str
    operator_kind: SenderKind
    at: datetime


@dataclass
class Buzz:
    """One urgent notice (加急) to one person; unread until that person reads the message."""

    kind: Literal["app", "sms", "phone"]
    person: str
    at: datetime


@dataclass
class Message:
    """A message and everything people did with it."""

    message_id: str
    chat_id: str
    kind: str  # msg_type
    content: str  # a JSON string, as Feishu keeps it
    sender: str  # open_id or app_id
    sender_kind: SenderKind
    created: datetime
    updated: datetime
    root_id: str = ""
    parent_id: str = ""
    thread_id: str = ""
    deleted: bool = False
    edited: int = 0
    mentions: list[Mention] = field(default_factory=list[Mention])
    readers: dict[str, datetime] = field(default_factory=dict[str, datetime])  # open_id → first read at
    reactions: list[Reaction] = field(default_factory=list[Reaction])
    buzzes: list[Buzz] = field(default_factory=list[Buzz])


@dataclass
class Pin:
    """A message pinned to its chat's side list."""

    message_id: str
    chat_id: str
    operator: str
    operator_kind: SenderKind
    at: datetime


@dataclass
class Upload:
    """An image or a file that was uploaded."""

    key: str
    name: str
    content: bytes
    app: str


@dataclass
class CardToken:
    """The right to change a card after it was pressed: 30 minutes, twice."""

    token: str
    message_id: str
    pressed: datetime
    uses: int = 0
    answered: bool = False


@dataclass
class Hook:
    """A custom (webhook) bot of one chat."""

    hook_id: str
    chat_id: str
    name: str
    secret: str = ""
    keywords: list[str] = field(default_factory=list[str])
