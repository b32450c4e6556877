"""Our own workplace: inboxes, topics, document, meeting, tasks; all of it kept in the timeline and shown by our own pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from kuaihui.incident.fact import Fact
from kuaihui.incident.timeline import Timeline
from kuaihui.integrations.builtin import evidence, people, room
from kuaihui.orders import (
    CreateDocument,
    InviteToMeeting,
    OpenMeeting,
    OpenTopic,
    Order,
    Page,
    PinDocument,
    Post,
    ProposeRole,
    PullIn,
    ShowEvidence,
    Tell,
)

NAME = "builtin"


class Builtin:
    """
    The workplace that is always there.

    It keeps nothing of its own: what it carries out is the fact itself, and inbox and topic are views of the timeline. `address` is where
    our pages are reached, for the links; `meeting` a template like "https://meet.example.org/{incident}".
    `keep` keeps a picture and returns its hash.
    """

    name = NAME
    channels = frozenset({"inbox"})

    def __init__(self, address: str = "", meeting: str = "", keep: evidence.Keep | None = None) -> None:
        self.carries: dict[type[Order], Callable[[Any, Timeline, datetime], Awaitable[list[Fact]]]] = {
            Page: people.page,
            Tell: people.tell,
            InviteToMeeting: people.invite,
            ProposeRole: people.propose,
            PullIn: people.pull_in,
            OpenTopic: room.Opener(address).topic,
            OpenMeeting: room.Opener(address, meeting).meeting,
            CreateDocument: room.Opener(address).document,
            PinDocument: room.pin,
            Post: room.post,
            ShowEvidence: evidence.Shower(keep).show,
        }
