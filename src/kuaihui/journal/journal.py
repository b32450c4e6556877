"""
What every journal promises.

Rule 1: what `append` has returned for is kept: through a crash of the process, and through a power cut.
Rule 2: one writer an incident: an append that has not read everything is refused with `Overtaken`, and nothing of it is kept.
Rule 3: an incident's next due instant stands with its facts, in the same commit.
Rule 4: at most one worker settles an incident at a time; a dead worker's claim runs out, a frozen one's generation is refused.
Rule 5: at most one open incident has a given `key`: two workers hearing one outage open one incident.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Final, Protocol

import msgspec

from kuaihui.incident.fact import Fact
from kuaihui.incident.facts import decode
from kuaihui.incident.phases import Phase
from kuaihui.incident.recovery import Closed
from kuaihui.incident.timeline import Timeline
from kuaihui.journal.chain import Record
from kuaihui.journal.notes import Note
from kuaihui.journal.words import Hit, Worded

# A dead worker's incidents are taken over after this; a settling takes milliseconds.
LEASE: Final = timedelta(seconds=3)


class Summary(msgspec.Struct, frozen=True):
    """An incident in one row: what a list shows without reading its facts. Always computed from the timeline, never edited."""

    incident: str
    key: str  # service and grouping labels: what an alert must agree on to join
    service: str
    title: str
    phase: str
    severity: int
    opened: datetime
    changed: datetime
    value: float | None = None
    drill: bool = False
    closed: datetime | None = None


class Append(msgspec.Struct, frozen=True):
    """
    Facts to be added to one incident that is `expected` facts long.

    `due` is when the incident wants to be settled next (None: not before something happens). `generation`, where given, is that of the
    claim under which it was decided; the claim is given back with the append.
    """

    incident: str
    expected: int
    facts: tuple[Fact, ...]
    summary: Summary
    due: datetime | None
    generation: int | None = None

    def __post_init__(self) -> None:
        """Raises ValueError where it would begin an incident without a fact: nothing would tell it from the same append made again."""
        if not self.expected and not self.facts:
            raise ValueError(f"{self.incident} cannot begin without a fact")


class Claim(msgspec.Struct, frozen=True):
    """The right to settle an incident until the lease runs out."""

    incident: str
    generation: int


class Trace(msgspec.Struct, frozen=True):
    """
    What became of an alert, and by which rule: kept for every alert of which no fact tells it.

    `rule` names the silence, maintenance window or inhibition that hid it; empty for an alert that was let in or refused.
    """

    key: str
    at: datetime
    verdict: str  # opened, joined, folded, cleared, re-opened, silenced, late, refused
    reason: bytes  # a Text as JSON
    labels: dict[str, str]
    incident: str = ""
    count: int = 1
    last: datetime | None = None
    rule: str = ""


class Journal(Protocol):
    """
    Where facts are kept.

    `exclusive` says that no other process can append, so that what was read once need not be read again.
    """

    exclusive: bool

    async def append(self, appends: Sequence[Append]) -> list[bool]:
        """
        Add facts to incidents, all in one commit; each append is whole or not at all.

        Returns, for each, whether it was kept: False means that somebody else was faster (the length is no longer the expected one, the
        generation is no longer the newest, or the key is already open under another incident).
        """
        ...

    def alone(self) -> AbstractAsyncContextManager[None]:
        """
        For who was overtaken: within, until the first append, no other process appends, so that what is read here is not overtaken again.

        To be asked by one at a time of a process. Others wait meanwhile: it is for reading, deciding, and appending.
        """
        ...

    async def read(self, incident: str, after: int = 0) -> list[Record]:
        """The incident's records from number `after` on, in order; empty when there are none."""
        ...

    async def read_each(self, after: Mapping[str, int]) -> dict[str, list[Record]]:
        """Of each of these incidents the records from this number on, in order; an incident that has none may be left out."""
        ...

    def follow(self, position: int) -> AsyncIterator[Record]:
        """Every record of every incident behind `position` (0: all of them), in the order of commits; waits for new ones for ever."""
        ...

    async def summaries(self, *, open_only: bool = False, before: datetime | None = None, limit: int = 1000) -> list[Summary]:
        """Incidents, newest opening first, without reading their facts."""
        ...

    async def summary(self, incident: str) -> Summary | None:
        """One incident's row."""
        ...

    async def head(self, incident: str) -> tuple[int, str]:
        """The incident's length and newest hash as kept beside its facts; (0, "") when there is none."""
        ...

    async def find(self, keys: Sequence[str]) -> dict[str, Summary]:
        """The incident with each of these keys: the open one, or else the one opened last; a key that no incident has is left out."""
        ...

    async def claim(self, worker: str, now: datetime, limit: int = 1000) -> list[Claim]:
        """Incidents due at `now` that nobody else is settling, the most overdue first; they are leased to `worker`."""
        ...

    async def schedule(self, claim: Claim, expected: int, due: datetime | None) -> bool:
        """
        Set an incident's next due instant and give the claim back; False when it is no longer the newest, or was given back before.

        When facts have come in the meantime (the incident is no longer `expected` facts long), their due instant stands.
        """
        ...

    async def next_due(self) -> datetime | None:
        """The earliest instant at which an incident can be claimed (in the past: now); None when nothing is due."""
        ...

    async def changed(self, timeout: float) -> None:
        """
        Return when something was appended (here or on another machine), or after `timeout` seconds at the latest; it may return sooner.

        What was appended since this task last began to `claim` counts too, so that nothing falls between looking and waiting.
        """
        ...

    async def note(self, traces: Sequence[Trace]) -> None:
        """Keep what became of alerts; a repeat of (key, verdict, incident, rule) adds to its count."""
        ...

    async def traces(self, key: str) -> list[Trace]:
        """What became of an alert, oldest first (at one instant: by verdict, incident and rule)."""
        ...

    async def traces_of(self, rule: str, limit: int = 1000) -> list[Trace]:
        """What a silence, maintenance window or inhibition hid, the alert that was told last first."""
        ...

    async def heard(self, since: datetime, limit: int = 10_000) -> list[Trace]:
        """The traces of every alert that was told at `since` or later, the one that was told last first."""
        ...

    async def lead(self, office: str) -> bool:
        """
        Whether this process is the one of its deployment that does `office`, what only one may do; it tries to become it.

        To be asked again every few seconds: the process that has it may die, and this one may lose it with its connection.
        """
        ...

    async def keep(self, artifact: bytes, media: str) -> str:
        """Keep a picture or file; returns its SHA-256, under which it is found again."""
        ...

    async def artifact(self, hash: str) -> tuple[bytes, str] | None:
        """A kept artifact with its media type."""
        ...

    async def stand(self, note: Note) -> None:
        """Keep a note of the team's; one with an id that is kept already changes nothing."""
        ...

    async def end(self, id: str, at: datetime, by: str) -> bool:
        """End a note early; False where there is none, or it was ended before."""
        ...

    async def standing(self, kind: str, at: datetime | None = None) -> list[Note]:
        """The notes of a kind that are not over at the instant `at`, those that are yet to begin among them; without one, all ever."""
        ...

    async def after(self, position: int, limit: int = 1000) -> list[Record]:
        """Up to `limit` records of any incident behind `position`, in the order of commits; empty where there are none yet."""
        ...

    async def mentions(self, words: bytes, limit: int = 1000, since: datetime | None = None) -> list[Record]:
        """
        The records in whose facts, as they are kept, these bytes stand, the newest first; with `since`, of incidents that changed since.

        All these records may have to be looked at: for a person's question, never for what is done often.
        """
        ...

    async def indexed(self) -> int:
        """The position up to which words are kept for `search`."""
        ...

    async def index(self, words: Sequence[Worded], *, anew: bool = False) -> None:
        """Keep the words of these records; what is kept of a position already stays. `anew`: throw everything away that is kept first."""
        ...

    async def search(self, wanted: str, limit: int = 50) -> list[Hit]:
        """The incidents in which every word is found, the one that changed last first; nothing where nothing is looked for."""
        ...


def timeline_of(incident: str, records: Sequence[Record]) -> Timeline:
    """The timeline that these records make."""
    return Timeline(incident, [decode(record.body) for record in records])


def summary_of(timeline: Timeline) -> Summary:
    """The one-row summary of a timeline."""
    closed = timeline.last(Closed) if timeline.phase is Phase.CLOSED else None
    return Summary(
        incident=timeline.incident,
        key=timeline.opened.key,
        service=timeline.service,
        title=timeline.opened.title,
        phase=timeline.phase.value,
        severity=timeline.severity,
        opened=timeline.opened.at,
        changed=timeline.facts[-1].at,
        value=timeline.value,
        drill=timeline.opened.drill,
        closed=closed.at if closed else None,
    )
