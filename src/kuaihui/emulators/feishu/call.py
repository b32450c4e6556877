"""
One call as an operation sees it, and how an operation is declared.

Rule: what a caller sent is parsed here, in one step, into the shape the operation names; a wrong shape is refused as Feishu refuses it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from kuaihui.emulators.feishu.errors import BAD_FIELD, Refusal
from kuaihui.emulators.feishu.limits import TIER_4, Limit
from kuaihui.emulators.feishu.records import App, Json, Person, SenderKind
from kuaihui.emulators.feishu.world import World

Shape = TypeVar("Shape")


@dataclass(frozen=True)
class Part:
    """One uploaded file of a multipart form."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Call:
    """Who calls which operation with what."""

    world: World
    operation: str
    app: App
    person: Person | None = None  # the call carries this person's token
    path: Mapping[str, str] = field(default_factory=dict[str, str])
    query: Mapping[str, str] = field(default_factory=dict[str, str])
    queries: Mapping[str, list[str]] = field(default_factory=dict[str, list[str]])  # each key with all its values
    raw: bytes = b""
    form: Mapping[str, str] = field(default_factory=dict[str, str])
    files: Mapping[str, Part] = field(default_factory=dict[str, Part])

    @property
    def actor(self) -> str:
        """The open_id or app_id that acts."""
        return self.person.open_id if self.person else self.app.app_id

    @property
    def actor_kind(self) -> SenderKind:
        """Whether a person's or the app's token was used."""
        return "user" if self.person else "app"

    @property
    def id_type(self) -> str:
        """The type of person ids this caller speaks in."""
        return self.query.get("user_id_type") or "open_id"

    def body(self, shape: type[Shape], refusal: Refusal = BAD_FIELD) -> Shape:
        """The JSON body in `shape`. Raises Rejected with the field at fault."""
        try:
            return msgspec.json.decode(self.raw or b"{}", type=shape, strict=False)
        except msgspec.MsgspecError as fault:
            raise refusal.because(str(fault)) from fault

    def number(self, name: str, otherwise: int, most: int) -> int:
        """A whole number from the query, between 1 and `most`."""
        said = self.query.get(name, "")
        if not said:
            return otherwise
        if not said.isdigit() or not 1 <= int(said) <= most:
            raise BAD_FIELD.because(f"{name} must be 1 to {most}")
        return int(said)

    def page(self, items: list[Json], otherwise: int = 20, most: int = 100) -> Json:
        """The part of `items` this call asks for, in Feishu's paging: `items`, `has_more`, `page_token`."""
        size = self.number("page_size", otherwise, most)
        token = self.query.get("page_token") or "0"
        if not token.isdigit():
            raise BAD_FIELD.because("page_token is not one of ours")
        start = int(token)
        more = start + size < len(items)
        return {"items": items[start : start + size], "has_more": more, "page_token": str(start + size) if more else ""}


@dataclass(frozen=True)
class Flat:
    """An answer whose fields stand beside `code` rather than under `data`."""

    fields: Json


@dataclass(frozen=True)
class Download:
    """An answer that is a file."""

    name: str
    content: bytes


Answer = Json | Flat | Download | None


@dataclass(frozen=True)
class Operation:
    """One operation: its name as in the vendor's SDK, where it answers, who may call it, how often, and what it does."""

    name: str
    method: str
    path: str  # below /open-apis/
    do: Callable[[Call], Answer]
    tokens: str = "T"  # T: the app's, U: a person's, "": none
    limits: tuple[Limit, ...] = TIER_4
    scopes: frozenset[str] = frozenset()  # any of these
