"""
The director: watches what everybody may see, and lets each of the cast do what they would do, when they would.

Rule 1: the same seed and the same course of things give the same deeds at the same instants.
Rule 2: whoever is played by a person does nothing by themself; what they had in mind is told as advice.
Rule 3: `speed` divides how long people take, nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

import httpx

from kuaihui.app.drill.actor import Actor, Looking, Seen
from kuaihui.app.drill.script import Act, Persona, Release, Script, When
from kuaihui.app.drill.world import World
from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.shapes import Name
from kuaihui.errors import Refused
from kuaihui.language import Text, plain, text

MOST_TRIES = 20  # of one person: who is refused this often has stopped trying
AROUND = 0.2  # people take a fifth longer or shorter than is written

# What anybody does; wanting it twice at a time is wanting it once.
_READ = Act(when=When(), deed="ReadPages")
_TAKE_ON = Act(when=When(), deed="Acknowledge")
_JOIN = Act(when=When(), deed="JoinMeeting")
_ONCE = (_READ, _TAKE_ON, _JOIN)


@dataclass(order=True)
class Intent:
    """Something that somebody is about to do."""

    at: datetime
    number: int
    person: str = field(compare=False)
    act: Act = field(compare=False)
    takes: timedelta = field(compare=False, default=timedelta(0))  # from when they could begin


class Director:
    """Directs one cast on one incident: the drill's first of its service."""

    def __init__(
        self,
        script: Script,
        catalog: Catalog,
        world: World,
        http: httpx.AsyncClient,
        *,
        seed: int,
        speed: float = 1.0,
        language: str = "zh",
        say: Callable[[Text], None] | None = None,
    ) -> None:
        self.script, self.catalog, self.world = script, catalog, world
        self.cast = {one.person: one for one in script.cast if one.person in catalog.people}
        self.played: dict[str, str] = {}  # person → who plays them
        self.advice: list[tuple[datetime, str, Act]] = []
        self.refused: list[tuple[datetime, str, str]] = []
        self.incident = ""
        self.began: datetime | None = None
        self._http, self._looking, self._speed, self._language = http, Looking(http), speed, language
        self._say = say or _unheard
        self._chance = {person: Random(f"{seed}/{person}") for person in self.cast}  # one each: who is played by a person moves nobody else
        self._intents: list[Intent] = []
        self._there: set[str] = set()  # who has read the first word that was sent to them
        self._back: dict[str, datetime] = {}  # who was away and is back sooner than they would have been
        self._held: dict[str, list[tuple[datetime, timedelta, Act]]] = {}
        self._count = 0
        self._seen: list[Seen] = []
        self._done: dict[str, datetime] = {}
        self._begun: set[tuple[str, int]] = set()
        self._names = {catalog.people[person].name.en: person for person in catalog.people}

    # -- taking a part -------------------------------------------------------------------------------------------------------------------

    def take_part(self, person: str, player: str = "") -> None:
        """A person plays this part from now on. Raises Refused for a part that there is not."""
        if person not in self.cast:
            raise Refused(text("there is no part {person} in this drill", person=person))
        self.played[person] = player or person
        self._intents = [one for one in self._intents if one.person != person]

    def give_back(self, person: str) -> None:
        """The part is played by itself again."""
        self.played.pop(person, None)

    # -- seeing --------------------------------------------------------------------------------------------------------------------------

    async def look(self) -> list[Seen]:
        """See what is new, and let everybody think about it."""
        if not self.incident:
            known = await self._looking.incidents()
            if not known:
                return []
            self.incident = known[0]
        fresh = await self._looking.news(self.incident)
        for seen in fresh:
            if self.began is None:
                self.began = _instant(seen)
            self._seen.append(seen)
            for persona in self.cast.values():
                self._think(persona, seen)
        return fresh

    def _think(self, persona: Persona, seen: Seen) -> None:
        """What this makes one of the cast want to do."""
        me, at = persona.person, _instant(seen)
        if persona.back and me not in self._back and self._met(persona.back, seen):
            self._comes_back(me, at)
        if seen.kind == "Sent" and self._addressee(seen) == me and persona.reads_after != "never":
            self._want(me, at, persona.reads_after, _READ)
            if persona.takes_on_after != "never" and self._is_page(seen):
                self._want(me, at, persona.reads_after + persona.takes_on_after, _TAKE_ON)
        if seen.kind == "RoleProposed" and seen.said.startswith(f"{self._name(me)} is asked"):
            self._take_role(persona, seen, at)
        if seen.kind == "MeetingOpened" and persona.joins_after != "never":
            self._want(me, at, persona.joins_after, _JOIN)
        for number, act in enumerate(persona.acts):
            if (me, number) not in self._begun and self._met(act.when, seen):
                self._begun.add((me, number))
                self._want(me, at, act.after, _quoting(act, seen))

    def _take_role(self, persona: Persona, seen: Seen, at: datetime) -> None:
        roles = {self.catalog.roles[role].name.en: role for role in self.catalog.roles}
        asked = next((role for name, role in roles.items() if f" to be {name}" in seen.said), "")
        if asked in persona.roles:
            self._want(persona.person, at, persona.takes_role_after, Act(when=When(), deed="TakeRole", fields={"role": asked}))

    def _met(self, when: When, seen: Seen) -> bool:
        if when.done:
            return False  # looked at when the act is done
        if when.begun:
            return seen.number == 0
        if not when.fact and when.also is None:
            return False
        if not _fits(when, seen) and (when.also is None or not _fits(when.also, seen)):
            return False  # it was met before or it was not: this one changes nothing
        often = sum(_fits(when, one) for one in self._seen) >= when.times
        return often and (when.also is None or any(_fits(when.also, one) for one in self._seen))

    def _want(self, person: str, at: datetime, after: timedelta, act: Act) -> None:
        """Intend an act after about this time; what needs somebody who is there waits until they are."""
        if person in self.played:
            self.advice.append((at, person, act))
        elif act is not _READ and person not in self._there:
            self._held.setdefault(person, []).append((at, after, act))
        elif act in _ONCE and any(one.person == person and one.act is act for one in self._intents):
            return
        else:
            around = self._chance[person].uniform(1 - AROUND, 1 + AROUND)
            takes = after * around / self._speed
            self._count += 1
            self._intents.append(Intent(max(at, self._away_until(person, at)) + takes, self._count, person, act, takes))

    def _away_until(self, person: str, at: datetime) -> datetime:
        """Until when somebody sees nothing at all."""
        until = (self.began or at) + self.cast[person].away_until / self._speed
        return min(until, self._back.get(person, until))

    def _comes_back(self, person: str, at: datetime) -> None:
        """Whoever is away is back now, and goes on from here."""
        self._back[person] = at
        for intent in self._intents:
            if intent.person == person:
                intent.at = min(intent.at, at + intent.takes)

    def _comes(self, person: str, now: datetime) -> None:
        """Somebody is there from now on: what they waited for begins to count."""
        if person not in self._there:
            self._there.add(person)
            for at, after, act in self._held.pop(person, []):
                self._want(person, max(at, now), after, act)

    def _addressee(self, seen: Seen) -> str:
        return next((person for name, person in self._names.items() if seen.said.startswith(f"sent to {name} by ")), "")

    def _is_page(self, seen: Seen) -> bool:
        """Whether this sending is a page's: its answer stands right before it."""
        before = [one for one in self._seen if one.number == seen.number - 1]
        return bool(before) and before[0].kind == "Answered" and before[0].said.startswith("Page/")

    def _name(self, person: str) -> str:
        return self.catalog.people[person].name.en

    # -- acting --------------------------------------------------------------------------------------------------------------------------

    def next_event(self) -> datetime | None:
        """When somebody does something next."""
        return min(self._intents).at if self._intents else None

    async def act(self, now: datetime) -> int:
        """Let everybody do what they wanted to do by now; how many things were done."""
        due = sorted(one for one in self._intents if one.at <= now)
        self._intents = [one for one in self._intents if one.at > now]
        for intent in due:
            if intent.person not in self.played and self._still(intent):
                await self._do(intent, now)
        return len(due)

    def _still(self, intent: Intent) -> bool:
        unless = intent.act.unless
        return unless is None or not (unless.done in self._done if unless.done else any(_fits(unless, one) for one in self._seen))

    async def _do(self, intent: Intent, now: datetime) -> None:
        try:
            await self._carry_out(intent.person, intent.act, now)
        except Refused as why:
            self.refused.append((now, intent.person, str(why)))
            self._say(text("{person} could not: {why}", person=f"@{intent.person}", why=plain(str(why)[:200])))
            if intent.act.again and len([who for _, who, _ in self.refused if who == intent.person]) < MOST_TRIES:
                self._want(intent.person, now, intent.act.again, intent.act)
        if intent.act.id:
            self.finish(intent.act.id, now)

    def finish(self, act: str, now: datetime) -> None:
        """An act is done: who waited for it goes on."""
        self._done[act] = now
        for persona in self.cast.values():
            for number, waiting in enumerate(persona.acts):
                if waiting.when.done == act and (persona.person, number) not in self._begun:
                    self._begun.add((persona.person, number))
                    self._want(persona.person, now, waiting.after, waiting)

    async def _carry_out(self, person: str, act: Act, now: datetime) -> None:
        actor = Actor(person, self._http)
        if act is _READ:
            await actor.reads(self.incident)
            self._comes(person, now)
        elif act.deed:
            await actor.does(self.incident, act.deed, **act.fields_in(self._language))
        if act.heat is not None:
            await self.world.heat(act.heat)
        if act.release:
            await self.world.release(act.release, person)
        passed = await self.world.try_out(act.tries_out) if act.tries_out else True
        if act.says:
            await actor.does(self.incident, "Speak", words=act.says.told(self._language))
        if act.passed and passed:
            await actor.does(self.incident, "Speak", words=act.passed.told(self._language))

    def hands(self, person: str) -> list[tuple[int, Act]]:
        """What this person can do to the world itself, outside of Kuaihui and the pipeline: numbered as among their acts."""
        acts = self.cast[person].acts if person in self.cast else ()
        return [(number, act) for number, act in enumerate(acts) if act.heat is not None]

    async def lays_hands_on(self, person: str, number: int, now: datetime) -> None:
        """A person who plays this part does it. Raises Refused for what is not theirs to do."""
        act = dict(self.hands(person)).get(number)
        if act is None or act.heat is None:
            raise Refused(text("this is not for {person} to do", person=f"@{person}"))
        await self.world.heat(act.heat)
        if act.id:
            self.finish(act.id, now)

    async def release(self, person: str, release: Release) -> None:
        """A release by a person who plays a part."""
        await self.world.release(release, person)


def _quoting(act: Act, seen: Seen) -> Act:
    """The act with what its condition found in the fact put into its words: {0} is the first group."""
    found = re.search(act.when.says, seen.said) if act.when.says else None
    if act.says is None or found is None or not found.groups():
        return act
    words = Name(zh=act.says.zh.format(*found.groups()), en=act.says.en.format(*found.groups()))
    return act.model_copy(update={"says": words})


def _unheard(words: Text) -> None:
    """Nobody asked to be told."""


def _fits(when: When, seen: Seen) -> bool:
    if when.fact and seen.kind != when.fact:
        return False
    if when.by and seen.by != when.by:
        return False
    return not when.says or re.search(when.says, seen.said) is not None


def _instant(seen: Seen) -> datetime:
    return datetime.fromisoformat(seen.at).astimezone(UTC)
