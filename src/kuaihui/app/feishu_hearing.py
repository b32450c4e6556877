"""
Hearing of Feishu: events, and what no event tells by looking; all of it becomes the same deeds as on our own pages.

Rule 1: Feishu waits three seconds. What is kept by then is answered yes; what is not goes on being kept, and Feishu, answered no, sends it
        again and finds it done. A pressed card is always answered, since it is never sent again.
Rule 2: an event counts once: by its id while we remember, by its message in the timeline for ever.
Rule 3: what somebody says stays said when what it asks for is refused; they are answered there with the reason.
Rule 4: what cannot be read, or will never work, is taken and written to the log: sent again it would hold up what comes behind it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Coroutine, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from kuaihui.app.reception import Reception
from kuaihui.app.trains import Trains
from kuaihui.catalog.catalog import Catalog
from kuaihui.errors import CarryError, GiveUp, Refused, TryLater
from kuaihui.incident.fact import Fact
from kuaihui.incident.room import MessagePosted
from kuaihui.incident.timeline import Timeline
from kuaihui.intake import signals
from kuaihui.intake.deeds import understand
from kuaihui.intake.phrasebook import meant
from kuaihui.integrations.feishu.client import events
from kuaihui.integrations.feishu.client.answers import CardAnswer, Tone, toast
from kuaihui.integrations.feishu.client.content import harmless, saying
from kuaihui.integrations.feishu.desk import Desk
from kuaihui.integrations.feishu.hear.deeds import AT_WORK, NOT_KEPT, STRANGER, TOASTS, deed_of
from kuaihui.integrations.feishu.hear.ears import Ears
from kuaihui.integrations.feishu.hear.words import Did, Lost, Rang, Word
from kuaihui.integrations.feishu.presses import pressed
from kuaihui.language import Text, say, text

log = logging.getLogger(__name__)

WITHIN: Final = 2.5  # seconds: Feishu's three, less the way there and back
REMEMBERED: Final = 20_000
# Pressed twice by the same person within this, "call the next level" calls one level.
TWICE: Final = timedelta(seconds=10)
# Somebody may read a page before we have written down that it was sent.
NOT_YET: Final = (0.3, 1.0)
_TAKEN: Final = b"{}"


class NotKept(Exception):
    """It is not kept yet: Feishu must send it again."""


class Hearing:
    """Takes in what Feishu tells."""

    def __init__(self, desk: Desk, ears: Ears, reception: Reception) -> None:
        self.desk = desk
        self.ears = ears
        self.reception = reception
        self._doing: dict[str, asyncio.Task[bytes]] = {}
        self._done: OrderedDict[str, bytes] = OrderedDict()
        self._pressed: OrderedDict[tuple[str, ...], datetime] = OrderedDict()
        self._errands: set[asyncio.Task[None]] = set()
        self.heard: datetime | None = None  # when anything was heard last
        self.faults = 0
        self.table_changed = asyncio.Event()  # somebody wrote in the team's table

    @property
    def catalog(self) -> Catalog:
        """The catalog in force."""
        return self.reception.catalog()

    # -- the three seconds -----------------------------------------------------------------------------------------------------------------

    async def take(self, plain: bytes) -> bytes:
        """One event; the answer's body. Raises NotKept where Feishu must send it again."""
        try:
            event = events.parse(plain)
        except Refused as unread:
            log.warning("%s", unread)
            return _TAKEN
        self.heard = self.reception.clock.now()
        if event.app_id not in ("", self.desk.feishu.access.app_id) or isinstance(event.body, events.Unused):
            return _TAKEN
        if (before := self._done.get(event.once)) is not None:
            return before
        task = self._doing.get(event.once)
        if task is None:
            task = self._doing[event.once] = asyncio.create_task(self._event(event), name="feishu event")
            task.add_done_callback(lambda done: self._ended(event, done))
        return await self._in_time(event, task)

    async def _in_time(self, event: events.Event, task: asyncio.Task[bytes]) -> bytes:
        card = isinstance(event.body, events.CardPressed)
        try:
            return await asyncio.wait_for(asyncio.shield(task), WITHIN)
        except TimeoutError as slow:
            if card:
                return self._told(AT_WORK, "info").encode()
            raise NotKept("not kept in time") from slow
        except Exception as fault:
            if card:
                return self._told(NOT_KEPT, "error").encode()
            raise NotKept(str(fault)) from fault

    def _ended(self, event: events.Event, task: asyncio.Task[bytes]) -> None:
        self._doing.pop(event.once, None)
        if task.cancelled():
            return
        if fault := task.exception():
            self.faults += 1
            log.warning("an event of Feishu (%s) could not be kept: %s: %s", event.type, type(fault).__name__, fault)
            return
        self._done[event.once] = task.result()
        while len(self._done) > REMEMBERED:
            self._done.popitem(last=False)

    async def still(self) -> None:
        """Wait until nothing is being taken in, and nobody is being answered."""
        while waiting := [*self._doing.values(), *self._errands]:
            await asyncio.wait(waiting)
            await asyncio.sleep(0)

    # -- events ----------------------------------------------------------------------------------------------------------------------------

    async def _event(self, event: events.Event) -> bytes:
        if isinstance(event.body, events.CardPressed):
            return (await self._press(event.body)).encode()
        if isinstance(event.body, events.TableChanged):
            self.table_changed.set()
        try:
            words = await self._meaning(event)
        except GiveUp as refused:
            log.warning("what an event of Feishu (%s) is about cannot be had: %s", event.type, refused)
            return _TAKEN
        await self.take_in(words)
        return _TAKEN

    async def _meaning(self, event: events.Event) -> Sequence[Word]:
        words = await self.ears.heard(event, self.reception.clock.now())
        for pause in NOT_YET if isinstance(event.body, events.MessagesRead) else ():
            if words:
                break
            await asyncio.sleep(pause)
            words = await self.ears.heard(event, self.reception.clock.now())
        return words

    async def take_in(self, words: Sequence[Word]) -> None:
        """Let words be heard. Raises what the journal raises where they could not be kept."""
        for word in words:
            match word:
                case Rang(ringings=ringings):
                    await self.reception.hear(ringings)
                    for ringing in ringings:
                        self.ears.was_told(ringing.alert.message)
                case Did():
                    await self._did(word)
                case Lost(said=said, person=person):
                    reason = text("nothing of yours is open: say it in an incident's topic, or answer a page") if person else STRANGER
                    self._answer(said, reason)

    async def _did(self, word: Did) -> None:
        heard = _Heard(word, self)
        try:
            facts = await self.reception.loop.hear(word.incident, heard.meaning)
        except Refused as refused:
            if word.said:
                self._answer(word.said, refused.text)
            return
        await Trains(self.reception.loop, self.reception.catalog, self.reception.clock).after(word.incident, facts)
        if heard.refused:
            self._answer(word.said, heard.refused.text)
        elif heard.commanded and facts:
            self._errand(self._nod(word.said))

    # -- cards -----------------------------------------------------------------------------------------------------------------------------

    async def _press(self, card: events.CardPressed) -> CardAnswer:
        now = self.reception.clock.now()
        press = pressed(card.action.value)
        if press is None:
            return self._told(text("this button says nothing that is known here"), "error")
        try:
            person = await self.ears.person(card.operator.open_id, now)
        except TryLater:
            return self._told(NOT_KEPT, "error")
        if not person:
            return self._told(STRANGER, "error")
        if press.op == "escalate" and self._twice((press.incident, press.identity, person), now):
            return self._told(TOASTS[press.op])
        form = card.action.form_value or {}
        deed = deed_of(press, person, str(form.get("reason") or card.action.input_value or ""))
        try:
            await self.reception.loop.hear(press.incident, lambda timeline: understand(deed, timeline, self.catalog, now))
        except Refused as refused:
            return self._told(refused.text, "error")
        return self._told(TOASTS[press.op])

    def _twice(self, what: tuple[str, ...], now: datetime) -> bool:
        before = self._pressed.get(what)
        self._pressed[what] = now
        while len(self._pressed) > REMEMBERED:
            self._pressed.popitem(last=False)
        return before is not None and now - before < TWICE

    def _told(self, words: Text, tone: Tone = "success") -> CardAnswer:
        return toast(say(words, "zh", self.catalog.names("zh")), say(words, "en", self.catalog.names("en")), tone)

    # -- answers to what was said ----------------------------------------------------------------------------------------------------------

    def _answer(self, message: str, words: Text) -> None:
        """Tell somebody, where they said it, why it is not so."""
        self._errand(self._replied(message, words))

    async def _replied(self, message: str, words: Text) -> None:
        language = self.catalog.language
        told = harmless(say(words, language, self.catalog.names(language)))
        await self.desk.feishu.messages.reply(message, saying(told), key=f"answer/{message}")

    async def _nod(self, message: str) -> None:
        """The sign that a command was understood."""
        await self.desk.feishu.reactions.react(message, "DONE")

    def _errand(self, errand: Coroutine[Any, Any, None]) -> None:
        async def run() -> None:
            try:
                await errand
            except CarryError as fault:
                log.warning("somebody could not be answered in Feishu: %s", fault)

        task = asyncio.create_task(run())
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)


class _Heard:
    """What one word means to a timeline: what was said, and what it asks for."""

    def __init__(self, word: Did, hearing: Hearing) -> None:
        self._word = word
        self._hearing = hearing
        self.refused: Refused | None = None
        self.commanded = False

    def meaning(self, timeline: Timeline) -> list[Fact]:
        """The facts; nothing for what is written down already. Raises Refused for a deed that is not a message."""
        deed, catalog, now = self._word.deed, self._hearing.catalog, self._hearing.reception.clock.now()
        self.refused, self.commanded = None, False
        if not isinstance(deed, signals.Speak):
            return understand(deed, timeline, catalog, now)
        if any(fact.message == deed.message for fact in timeline.all(MessagePosted)):
            return []
        said = understand(deed, timeline, catalog, now)
        try:
            asked = meant(deed, timeline, catalog)
            if asked is deed and self._word.private:
                self.refused = Refused(text("here only commands are taken: what everybody should read, say in the incident's topic"))
                return understand(signals.ReadPages(person=deed.person), timeline, catalog, now)  # what is private stays so
            if asked is deed:
                return said
            self.commanded = True
            return [*said, *understand(asked, timeline.extended(said), catalog, now)]
        except Refused as refused:
            self.refused = refused
            return said
