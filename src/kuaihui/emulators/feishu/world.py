"""The tenant as a whole: everything it keeps, and what all subjects ask of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from kuaihui.emulators.feishu.clock import Clock
from kuaihui.emulators.feishu.errors import UNKNOWN_OPEN_ID
from kuaihui.emulators.feishu.faults import Faults
from kuaihui.emulators.feishu.limits import Limiter
from kuaihui.emulators.feishu.papers import Base, Document, Grant, Meeting, Task
from kuaihui.emulators.feishu.records import App, CardToken, Chat, Department, Hook, Json, Message, Person, Pin, Upload

TENANT = "tenant_emulated"
Publish = Callable[[Iterable[str], str, Json, str], None]  # to which apps, event type, body, lane


@dataclass(frozen=True)
class Heard:
    """One call that was made, and how it ended."""

    at: datetime
    operation: str
    app: str
    path: str
    code: int


def nobody_listens(apps: Iterable[str], event_type: str, body: Json, lane: str) -> None:
    """What happens is told to no one, until a server is attached."""


@dataclass
class World:
    """One tenant."""

    clock: Clock = field(default_factory=Clock)
    faults: Faults = field(default_factory=Faults)
    limiter: Limiter = field(default_factory=Limiter)
    apps: dict[str, App] = field(default_factory=dict[str, App])
    people: dict[str, Person] = field(default_factory=dict[str, Person])
    departments: dict[str, Department] = field(default_factory=dict[str, Department])
    chats: dict[str, Chat] = field(default_factory=dict[str, Chat])
    messages: dict[str, Message] = field(default_factory=dict[str, Message])
    pins: dict[str, Pin] = field(default_factory=dict[str, Pin])
    uploads: dict[str, Upload] = field(default_factory=dict[str, Upload])
    card_tokens: dict[str, CardToken] = field(default_factory=dict[str, CardToken])
    hooks: dict[str, Hook] = field(default_factory=dict[str, Hook])
    documents: dict[str, Document] = field(default_factory=dict[str, Document])
    bases: dict[str, Base] = field(default_factory=dict[str, Base])
    wiki: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])  # node → (obj_type, obj_token)
    meetings: dict[str, Meeting] = field(default_factory=dict[str, Meeting])  # by reserve_id
    tasks: dict[str, Task] = field(default_factory=dict[str, Task])
    task_tokens: dict[str, tuple[str, datetime]] = field(default_factory=dict[str, tuple[str, datetime]])
    task_watchers: set[str] = field(default_factory=set[str])
    tenant_tokens: dict[str, tuple[str, datetime]] = field(default_factory=dict[str, tuple[str, datetime]])  # token → (app, expires)
    user_tokens: dict[str, Grant] = field(default_factory=dict[str, Grant])
    refresh_tokens: dict[str, Grant] = field(default_factory=dict[str, Grant])
    codes: dict[str, Grant] = field(default_factory=dict[str, Grant])
    once: dict[str, tuple[str, datetime]] = field(default_factory=dict[str, tuple[str, datetime]])  # idempotency key → (result, at)
    buzzes_left: dict[str, int] = field(default_factory=lambda: {"app": 10**9, "sms": 100, "phone": 100})
    copying_until: dict[str, datetime] = field(default_factory=dict[str, datetime])  # app_id → when the running copy ends
    copy_seconds: float = 0.0
    edit_hours: float = 24.0
    calls: list[Heard] = field(default_factory=list[Heard])
    publish: Publish = nobody_listens
    _number: int = 0

    def new_id(self, prefix: str) -> str:
        """An id nobody has had."""
        self._number += 1
        return f"{prefix}{self._number:012x}"

    def now(self) -> datetime:
        """The tenant's instant."""
        return self.clock.now()

    def person(self, id: str, id_type: str = "open_id") -> Person:
        """Somebody by an id of this type. Raises Rejected when nobody has it."""
        found = self.people.get(id) if id_type == "open_id" else self._person_by(id, id_type)
        if found is None:
            raise UNKNOWN_OPEN_ID.because(f"{id_type} {id}")
        return found

    def name_of(self, id: str) -> str:
        """A person's or an app's name, or the id itself."""
        if id in self.people:
            return self.people[id].name
        return self.apps[id].name if id in self.apps else id

    def _person_by(self, id: str, id_type: str) -> Person | None:
        wanted = {"union_id": "union_id", "user_id": "user_id", "email": "email"}.get(id_type, "open_id")
        return next((person for person in self.people.values() if getattr(person, wanted) == id), None)
