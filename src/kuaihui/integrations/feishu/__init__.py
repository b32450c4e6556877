"""Feishu (飞书) or Lark: the workplace where the team already is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from typing import Any

from kuaihui.incident.fact import Fact
from kuaihui.incident.timeline import Timeline
from kuaihui.integrations.feishu.ask_in_document import Asker
from kuaihui.integrations.feishu.create_document import DocumentMaker
from kuaihui.integrations.feishu.desk import NAME, Desk
from kuaihui.integrations.feishu.keep_document import DocumentKeeper
from kuaihui.integrations.feishu.members import Members
from kuaihui.integrations.feishu.open_meeting import MeetingOpener
from kuaihui.integrations.feishu.open_topic import TopicOpener
from kuaihui.integrations.feishu.page import CHANNELS, Pager
from kuaihui.integrations.feishu.post import Poster
from kuaihui.integrations.feishu.show_evidence import Keep, Shower
from kuaihui.integrations.feishu.tasks import Tasker
from kuaihui.integrations.feishu.tell import Teller
from kuaihui.integrations.feishu.update_card import CardKeeper
from kuaihui.orders import (
    AskInDocument,
    CreateDocument,
    DraftReview,
    EndTask,
    InviteToMeeting,
    KeepDocument,
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
    Tell,
    UpdateCard,
)

Carrying = dict[type[Order], Callable[[Any, Timeline, datetime], Awaitable[list[Fact]]]]


class Workplace:
    """
    The tenant as a workplace.

    It keeps nothing of its own: Feishu's ids stand in the facts it answers with. What it gives up on (no such topic, no right, nobody of
    that name) the workplace behind it carries. `leave` names what is left to that one from the start; `keep` keeps pictures for our pages.
    """

    name = NAME
    channels = CHANNELS

    def __init__(self, desk: Desk, leave: Collection[str] = (), keep: Keep | None = None) -> None:
        self.desk = desk
        self.members = Members(desk.feishu)
        self.documents = DocumentKeeper(desk)
        parts = {"topics": self._topics(keep), "documents": self._documents(), "meetings": self._meetings(), "tasks": self._tasks()}
        self.carries: Carrying = self._people()
        for part, carries in parts.items():
            if part not in leave:
                self.carries |= carries

    def _people(self) -> Carrying:
        teller = Teller(self.desk, self.members)
        return {Page: Pager(self.desk).page, Tell: teller.tell, ProposeRole: teller.propose, PullIn: teller.pull_in}

    def _topics(self, keep: Keep | None) -> Carrying:
        desk = self.desk
        return {
            OpenTopic: TopicOpener(desk).open,
            Post: Poster(desk, self.members).post,
            ShowEvidence: Shower(desk, keep).show,
            UpdateCard: CardKeeper(desk).update,
        }

    def _documents(self) -> Carrying:
        maker = DocumentMaker(self.desk)
        return {
            CreateDocument: maker.create,
            PinDocument: maker.pin,
            KeepDocument: self.documents.keep,
            DraftReview: maker.review,
            AskInDocument: Asker(self.desk).ask,
        }

    def _meetings(self) -> Carrying:
        return {OpenMeeting: MeetingOpener(self.desk).open, InviteToMeeting: Teller(self.desk, self.members).invite}

    def _tasks(self) -> Carrying:
        tasker = Tasker(self.desk)
        return {MakeTask: tasker.make, PassTask: tasker.pass_on, EndTask: tasker.end, ResumeTask: tasker.resume}
