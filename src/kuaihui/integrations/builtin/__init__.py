"""Our own workplace: inboxes, topics, document, meeting, tasks; all of it kept in the timeline and shown by our own pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from kuaihui.incident.fact import Fact
from kuaihui.incident.timeline import Timeline
from kuaihui.integrations.builtin import evidence, learning, people, room
from kuaihui.orders import (
    AskInDocument,
    CreateDocument,
    DraftReview,
    EndTask,
    FindSimilar,
    InviteToMeeting,
    ListTheWeek,
    MakeTask,
    OpenMeeting,
    OpenTopic,
    Order,
    Page,
    PassTask,
    PinDocument,
    Post,
    ProposeRole,
    PullIn,
    ResumeTask,
    ShowEvidence,
    Suggest,
    Tell,
)

NAME = "builtin"


class Builtin:
    """
    The workplace that is always there.

    It keeps nothing of its own: what it carries out is the fact itself, and inbox and topic are views of the timeline. `address` is where
    our pages are reached, for the links; `meeting` a template like "https://meet.example.org/{incident}".
    `keep` keeps a picture and returns its hash; `remember` finds similar incidents, `suggest` keeps a suggestion for a rota,
    `week` lists what somebody has open.
    """

    name = NAME
    channels = frozenset({"inbox"})

    def __init__(
        self,
        address: str = "",
        meeting: str = "",
        keep: evidence.Keep | None = None,
        remember: learning.Remember | None = None,
        suggest: learning.Keep | None = None,
        week: learning.Week | None = None,
    ) -> None:
        learner = learning.Learner(address, remember, suggest, week)
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
            AskInDocument: people.ask_in_document,
            Post: room.post,
            ShowEvidence: evidence.Shower(keep).show,
            MakeTask: learning.make_task,
            PassTask: learning.pass_task,
            EndTask: learning.end_task,
            ResumeTask: learning.resume_task,
            FindSimilar: learner.similar,
            ListTheWeek: learner.week,
            Suggest: learner.suggest,
            DraftReview: learner.review,
        }
