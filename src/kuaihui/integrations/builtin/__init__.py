"""Our own workplace: inboxes, topics, document, meeting, tasks; all of it kept in the timeline and shown by our own pages."""

from __future__ import annotations

from kuaihui.carrying import Carry, Written
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
    `week` lists what somebody has open; `names` are the catalog's in a language.
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
        names: evidence.Names | None = None,
    ) -> None:
        learner = learning.Learner(address, remember, suggest, week)
        self.carries: dict[type[Order], Carry] = {
            Page: Written(people.page),
            Tell: Written(people.tell),
            InviteToMeeting: Written(people.invite),
            ProposeRole: Written(people.propose),
            PullIn: Written(people.pull_in),
            OpenTopic: Written(room.Opener(address).topic),
            OpenMeeting: Written(room.Opener(address, meeting).meeting),
            CreateDocument: Written(room.Opener(address).document),
            PinDocument: Written(room.pin),
            AskInDocument: Written(people.ask_in_document),
            Post: Written(room.post),
            ShowEvidence: evidence.Shower(keep, names).show,
            MakeTask: Written(learning.make_task),
            PassTask: Written(learning.pass_task),
            EndTask: Written(learning.end_task),
            ResumeTask: Written(learning.resume_task),
            FindSimilar: learner.similar,
            ListTheWeek: learner.week,
            Suggest: learner.suggest,
            DraftReview: Written(learner.review),
        }
