"""
From an event to what it means: which incident, who of the catalog, which deed.

Rule 1: an event about something that is none of ours means nothing; one of a stranger means nothing, but a stranger who asks is answered.
Rule 2: heard twice, an event means the same twice: that it counts once is seen to where it is taken in. Alerts are told apart here.
Rule 3: what happened earlier and is heard later is let go where it would undo what is newer: reactions, meetings.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final, Protocol

from kuaihui.errors import CarryError, Refused
from kuaihui.incident.pages import Sent
from kuaihui.incident.room import TopicOpened
from kuaihui.incident.tasks import TaskGiven, TaskMade
from kuaihui.incident.timeline import Timeline
from kuaihui.intake import signals
from kuaihui.integrations.feishu.client import events
from kuaihui.integrations.feishu.client.content import words_of
from kuaihui.integrations.feishu.desk import NAME, Desk
from kuaihui.integrations.feishu.hear.chat_alerts import Pattern, Told, alerts_of
from kuaihui.integrations.feishu.hear.emoji import TAKES_A_PAGE, TAKES_IT_ON, sign
from kuaihui.integrations.feishu.hear.pictures import pictures_of
from kuaihui.integrations.feishu.hear.words import Did, Lost, Rang, Word
from kuaihui.integrations.feishu.index import Belongs, Index
from kuaihui.integrations.feishu.members import Members

KEPT: Final = 20_000
Keep = Callable[[bytes, str], Awaitable[str]]
_US: Final = "\x02"  # our own bot, where a message names it


class Timelines(Protocol):
    """Where timelines are read."""

    async def open(self) -> Sequence[Timeline]:
        """Those of all open incidents, the newest first."""
        ...

    async def of(self, incident: str) -> Timeline:
        """One incident's."""
        ...


class Ears:
    """
    Understands events.

    `keep` keeps a picture and gives its hash, `scrub` takes secrets out of what comments say. `watched` are groups whose bots' messages are
    alerts, those that a pattern names among them.
    """

    def __init__(
        self,
        desk: Desk,
        index: Index,
        members: Members,
        keep: Keep,
        timelines: Timelines,
        patterns: Sequence[Pattern],
        watched: Sequence[str],
        scrub: Callable[[str], str] = str,
    ) -> None:
        self._desk = desk
        self._index = index
        self._members = members
        self._keep = keep
        self._timelines = timelines
        self._patterns = patterns
        self._scrub = scrub
        self.watched = tuple(dict.fromkeys([*watched, *(one.chat for one in patterns if one.chat)]))
        self._told: OrderedDict[str, None] = OrderedDict()  # messages that were read as alerts
        self._newest: OrderedDict[tuple[str, ...], datetime] = OrderedDict()
        self._bot = ""

    async def heard(self, event: events.Event, now: datetime) -> list[Word]:
        """What an event means. Raises TryLater where Feishu cannot be asked just now, and GiveUp where it will not tell."""
        match event.body:
            case events.MessageReceived() as received:
                return await self._message(received, now)
            case events.MessagesRead(reader=reader, message_id_list=messages):
                return await self._read(reader.reader_id.open_id, messages, now)
            case events.Reacted() as reacted if reacted.operator_type == "user":
                return await self._reaction(reacted, now)
            case events.PeopleJoined() as joined:
                return await self._came_or_went(joined, now)
            case events.MeetingJoined() | events.MeetingLeft() as moved:
                return await self._meeting(moved, event.at, now)
            case events.CommentAdded() as added:
                return await self._comment(added, now)
            case events.TaskChanged() as changed if "task_completed_update" in changed.event_types:
                return await self._task(changed.task_guid, now)
            case _:
                return []

    async def person(self, open_id: str, now: datetime) -> str:
        """Whom of the catalog this is; empty for a stranger."""
        return await self._desk.directory.person(open_id, now) if open_id else ""

    # -- messages --------------------------------------------------------------------------------------------------------------------------

    async def _message(self, received: events.MessageReceived, now: datetime) -> list[Word]:
        said, sender = received.message, received.sender
        if sender.sender_type != "user":
            return await self._told_by_a_bot(said, now)
        private = said.chat_type == "p2p"
        person = await self.person(sender.sender_id.open_id, now)
        belongs = await self._spoken_of(said, person, now)
        if belongs is None:
            return [Lost(said=said.message_id, person=person)] if private else []
        if not person:
            return [Lost(said=said.message_id)] if private else []
        return [await self._spoken(said, person, belongs, now, private=private)]

    async def _spoken_of(self, said: events.Said, person: str, now: datetime) -> Belongs | None:
        """Which incident a message is about: by its topic, by what it answers, by its group; in private, by what was sent to them last."""
        for known in (said.thread_id, said.root_id, said.parent_id):
            if known and (found := await self._index.find(known, now)):
                return found
        if said.chat_type == "p2p":
            return await self._last_sent_to(person)
        places = self._desk.places
        shared = {places.chat, *places.chats.values(), *self.watched}
        return None if said.chat_id in shared else await self._only_one_in(said.chat_id)

    async def _last_sent_to(self, person: str) -> Belongs | None:
        for timeline in await self._timelines.open():
            if person and any(fact.person == person for fact in timeline.all(Sent)):
                return Belongs(timeline.incident, "word", person=person)
        return None

    async def _only_one_in(self, chat: str) -> Belongs | None:
        """The open incident of this group, where there is exactly one."""
        there = [timeline.incident for timeline in await self._timelines.open() if _stands_in(timeline, chat)]
        return Belongs(there[0], "topic") if len(there) == 1 else None

    async def _spoken(self, said: events.Said, person: str, belongs: Belongs, now: datetime, *, private: bool) -> Did:
        names, mentions = await self._named(said, now)
        pictures = await pictures_of(self._desk.feishu, self._keep, said.message_id, said.message_type, said.content)
        words = words_of(said.message_type, said.content, names).replace(f"@{_US}", "").strip()
        if not words and not pictures:
            words = f"[{said.message_type}]"
        deed = signals.Speak(
            person=person,
            message=said.message_id,
            words=words,
            mentions=mentions,
            reply_to=said.parent_id if said.parent_id != said.root_id else "",
            pictures=pictures,
        )
        return Did(incident=belongs.incident, deed=deed, said=said.message_id, private=private)

    async def _named(self, said: events.Said, now: datetime) -> tuple[dict[str, str], tuple[str, ...]]:
        """What stands for each mention in the words, people by the catalog's names; and who of the catalog is named."""
        catalog, bot = self._desk.catalog(), await self._our_bot()
        names: dict[str, str] = {}
        people: list[str] = []
        for mention in said.mentions or []:
            if bot and mention.id.open_id == bot:
                names[mention.key] = _US
                continue
            person = await self.person(mention.id.open_id, now)
            if person:
                people.append(person)
            names[mention.key] = catalog.people[person].name.told(catalog.language) if person else mention.name
        return names, tuple(dict.fromkeys(people))

    async def _our_bot(self) -> str:
        if not self._bot:
            try:
                self._bot = (await self._desk.feishu.application.bot()).open_id
            except CarryError:
                return ""
        return self._bot

    # -- alerts ----------------------------------------------------------------------------------------------------------------------------

    async def _told_by_a_bot(self, said: events.Said, now: datetime) -> list[Word]:
        if said.chat_id not in self.watched or said.thread_id or said.root_id:
            return []
        # An event carries a card's words only in part: the message as it was sent is fetched.
        if said.message_type == "interactive":
            whole = await self._desk.feishu.messages.get(said.message_id)
            return await self.alert(Told(said.message_id, said.chat_id, whole.sender.id, whole.words, said.at), now)
        # An event names a bot by its open_id, history by its app: patterns name the app, so it is looked up where one asks for it.
        sender = ""
        if any(pattern.sender for pattern in self._patterns if pattern.chat in ("", said.chat_id)):
            sender = (await self._desk.feishu.messages.get(said.message_id)).sender.id
        return await self.alert(Told(said.message_id, said.chat_id, sender, said.words, said.at), now)

    async def alert(self, told: Told, now: datetime) -> list[Word]:
        """The alerts of a bot's message, the first time it is heard, by whichever way."""
        if told.message in self._told or await self._index.find(told.message, now):
            return []
        try:
            ringings = alerts_of(told, self._patterns)
        except Refused:
            ringings = []
        return [Rang(tuple(ringings))] if ringings else []

    def was_told(self, message: str) -> None:
        """This message's alerts are kept: heard again, they are old news."""
        self._told[message] = None
        while len(self._told) > KEPT:
            self._told.popitem(last=False)

    # -- signs -----------------------------------------------------------------------------------------------------------------------------

    async def _read(self, open_id: str, messages: Sequence[str], now: datetime) -> list[Word]:
        person = await self.person(open_id, now)
        found = [await self._index.find(message, now) for message in messages] if person else []
        return [
            Did(incident=one.incident, deed=signals.ReadPages(person=person, identity=one.identity))
            for one in found
            if one and one.kind == "word" and one.person == person
        ]

    async def _reaction(self, reacted: events.Reacted, now: datetime) -> list[Word]:
        person = await self.person(reacted.user_id.open_id, now)
        belongs = await self._index.find(reacted.message_id, now)
        emoji, taken_back = reacted.reaction_type.emoji_type, isinstance(reacted, events.Unreacted)
        if not person or belongs is None or not self._is_newest(("reaction", reacted.message_id, person, emoji), reacted.at):
            return []
        if belongs.kind == "word":
            if taken_back or belongs.person != person:
                return []
            answers = emoji in TAKES_A_PAGE
            deed = signals.Acknowledge(person=person) if answers else signals.ReadPages(person=person, identity=belongs.identity)
            return [Did(incident=belongs.incident, deed=deed)]
        on = reacted.message_id if belongs.kind == "message" else "topic"
        react = signals.React(person=person, message=on, emoji=sign(emoji), taken_back=taken_back)
        words: list[Word] = [Did(incident=belongs.incident, deed=react)]
        if emoji in TAKES_IT_ON and not taken_back and on == "topic":
            words.append(Did(incident=belongs.incident, deed=signals.Acknowledge(person=person)))
        return words

    async def _came_or_went(self, joined: events.PeopleJoined, now: datetime) -> list[Word]:
        self._members.forget(joined.chat_id)
        if isinstance(joined, events.PeopleLeft) or joined.operator_id is None:
            return []
        by, belongs = await self.person(joined.operator_id.open_id, now), await self._only_one_in(joined.chat_id)
        people = [await self.person(one.user_id.open_id, now) for one in joined.users]
        if not by or belongs is None:
            return []
        return [Did(incident=belongs.incident, deed=signals.CallIn(person=by, whom=one)) for one in people if one and one != by]

    async def _meeting(self, moved: events.MeetingJoined | events.MeetingLeft, at: datetime, now: datetime) -> list[Word]:
        who = moved.operator.id.open_id if moved.operator.id else ""
        person, belongs = await self.person(who, now), await self._index.find(moved.meeting.meeting_no, now)
        if not person or belongs is None or not self._is_newest(("meeting", belongs.incident, person), at):
            return []
        joined = isinstance(moved, events.MeetingJoined)
        deed = signals.JoinMeeting(person=person) if joined else signals.LeaveMeeting(person=person)
        return [Did(incident=belongs.incident, deed=deed)]

    async def _comment(self, added: events.CommentAdded, now: datetime) -> list[Word]:
        document = added.notice_meta.file_token
        person, belongs = await self.person(added.notice_meta.from_user_id.open_id, now), await self._index.find(document, now)
        if not person or belongs is None:
            return []
        comments = await self._desk.feishu.comments.of(document)
        replies = [reply for one in comments if one.comment_id == added.comment_id for reply in one.reply_list.replies]
        said = next((one for one in replies if one.reply_id == added.reply_id), replies[-1] if replies else None)
        words: list[Word] = []
        if belongs.kind == "document":
            words.append(Did(incident=belongs.incident, deed=signals.Visit(person=person, place="document")))
        if said is not None and said.words.strip():
            speak = signals.Speak(person=person, message=f"comment:{said.reply_id}", words=self._scrub(said.words))
            words.append(Did(incident=belongs.incident, deed=speak))
        return words

    async def _task(self, guid: str, now: datetime) -> list[Word]:
        belongs = await self._index.find(guid, now)
        if belongs is None or (await self._desk.feishu.tasks.get(guid)).completed is None:
            return []
        timeline = await self._timelines.of(belongs.incident)
        owner = owner_of(timeline, belongs.identity)
        return [Did(incident=belongs.incident, deed=signals.FinishTask(person=owner, task=belongs.identity))] if owner else []

    def _is_newest(self, of: tuple[str, ...], at: datetime) -> bool:
        if at < self._newest.get(of, at):
            return False
        self._newest[of] = at
        while len(self._newest) > KEPT:
            self._newest.popitem(last=False)
        return True


def owner_of(timeline: Timeline, task: str) -> str:
    """Who a task is with now; empty where there is no such task."""
    given = [fact.owner for fact in (*timeline.all(TaskMade), *timeline.all(TaskGiven)) if fact.task == task]
    return given[-1] if given else ""


def _stands_in(timeline: Timeline, chat: str) -> bool:
    topic = timeline.last(TopicOpened)
    return topic is not None and topic.by == NAME and topic.chat == chat
