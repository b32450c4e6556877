"""What the tenant keeps besides chats: documents, tables, meetings, tasks. Only data, as in `records`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from kuaihui.emulators.feishu.records import Json

FULL, EDIT, VIEW = "full_access", "edit", "view"


@dataclass
class Reply:
    """One entry under a comment."""

    reply_id: str
    author: str
    elements: list[Json]
    at: datetime
    reactions: dict[str, list[str]] = field(default_factory=dict[str, list[str]])  # emoji → open_ids


@dataclass
class Comment:
    """A comment on a document, whole or anchored to a block."""

    comment_id: str
    author: str
    replies: list[Reply]
    at: datetime
    block_id: str = ""
    quote: str = ""
    solved_by: str = ""
    solved_at: datetime | None = None


@dataclass
class Document:
    """A document (docx): its blocks by id, its collaborators, its comments, likes and readers."""

    token: str
    title: str
    owner: str  # app_id or open_id
    created: datetime
    kind: str = "docx"
    folder: str = ""
    revision: int = 1
    blocks: dict[str, Json] = field(default_factory=dict[str, Json])
    ready_at: datetime | None = None  # a copy's blocks appear only then
    members: dict[str, str] = field(default_factory=dict[str, str])  # open_id, app_id or chat_id → permission
    link_share: str = "closed"
    comments: list[Comment] = field(default_factory=list[Comment])
    likes: dict[str, datetime] = field(default_factory=dict[str, datetime])
    views: dict[str, datetime] = field(default_factory=dict[str, datetime])
    subscribers: set[str] = field(default_factory=set[str])  # app_id
    write_tokens: dict[str, Json] = field(default_factory=dict[str, Json])  # client_token → the answer given


@dataclass
class Field:
    """A column of a table."""

    field_id: str
    name: str
    kind: int = 1  # 1 text, 2 number, 3 single select, 4 multiple select, 5 date, 7 checkbox, 11 person, 15 link, 23 group


@dataclass
class Record:
    """A row of a table; values in the shape Feishu answers with."""

    record_id: str
    fields: dict[str, object]
    created: datetime
    modified: datetime


@dataclass
class Table:
    """A table of a base."""

    table_id: str
    name: str
    fields: list[Field]
    records: dict[str, Record] = field(default_factory=dict[str, Record])


@dataclass
class Base:
    """A Bitable base (多维表格)."""

    app_token: str
    name: str
    tables: dict[str, Table] = field(default_factory=dict[str, Table])
    readers: set[str] | None = None  # app_ids with full access under advanced permissions; None: not switched on
    subscribers: set[str] = field(default_factory=set[str])
    write_tokens: dict[str, Json] = field(default_factory=dict[str, Json])


@dataclass
class Attendance:
    """Somebody's stay in a meeting."""

    person: str
    joined: datetime
    left: datetime | None = None


@dataclass
class Meeting:
    """A reserved meeting; it has a meeting id once somebody has joined."""

    reserve_id: str
    number: str
    topic: str
    owner: str
    app: str
    ends: datetime
    password: str = ""
    meeting_id: str = ""
    started: datetime | None = None
    ended: datetime | None = None
    stays: list[Attendance] = field(default_factory=list[Attendance])
    invited: list[str] = field(default_factory=list[str])
    record: bool = False
    recording_url: str = ""

    @property
    def present(self) -> list[str]:
        """Who is in now."""
        return [stay.person for stay in self.stays if stay.left is None]


@dataclass
class TaskComment:
    """A comment on a task."""

    comment_id: str
    author: str
    content: str
    at: datetime


@dataclass
class Task:
    """A task: who is to do it by when, and whether it is done."""

    guid: str
    task_id: str
    summary: str
    creator: str
    created: datetime
    updated: datetime
    description: str = ""
    due: Json | None = None
    mode: int = 1  # 1: every assignee must finish, 2: any of them
    extra: str = ""
    origin: Json | None = None
    members: list[Json] = field(default_factory=list[Json])
    reminders: list[Json] = field(default_factory=list[Json])
    completed_at: int = 0  # milliseconds; 0: open
    finished_by: set[str] = field(default_factory=set[str])
    comments: list[TaskComment] = field(default_factory=list[TaskComment])


@dataclass
class Grant:
    """A person's consent to an app: a code to redeem, or tokens."""

    app: str
    person: str
    expires: datetime
    scope: str = ""
    redirect_uri: str = ""
    code_challenge: str = ""
