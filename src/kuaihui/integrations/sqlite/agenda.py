"""
Which incidents are due when, and who settles them: in memory, so that asking costs no query.

Rule 1: the file says the same or an earlier instant, never a later one: what a crash loses of this is settled once more, nothing is missed.
Rule 2: all of it may be called from any thread; every method takes the lock, and holds it for microseconds.
Rule 3: an entry is forgotten only when the file knows everything that it says.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from threading import Lock
from typing import Final

import msgspec

from kuaihui.journal.admission import Change, Standing
from kuaihui.journal.journal import LEASE, Claim

# Due instant, end of the lease, owner, generation, incident.
Scheduled = tuple[int | None, int | None, str | None, int, str]

_LEASE: Final = LEASE.seconds * 1_000_000


class Entry(msgspec.Struct):
    """One incident. Instants are microseconds since 1970; `written` is the due instant that the file knows."""

    length: int
    head: str
    generation: int
    holds: str | None
    due: int | None
    written: int | None
    until: int | None = None
    owner: str | None = None

    @property
    def standing(self) -> Standing:
        """How it stands, for those who judge appends."""
        return Standing(self.length, self.head, self.generation, self.holds)

    @property
    def claimable(self) -> int | None:
        """From when on it can be claimed."""
        return None if self.due is None else max(self.due, self.until or self.due)


class Agenda:
    """The incidents that are open, due, or being settled."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._entries: dict[str, Entry] = {}
        self._holders: dict[str, str] = {}
        self._unwritten: set[str] = set()
        # By instant of claiming, and, once that has come, by due instant. Stale entries are left out when they come to the top.
        self._coming: list[tuple[int, str]] = []
        self._awaited: set[tuple[int, str]] = set()  # what stands in `_coming`, so that it stands there once
        self._ready: list[tuple[int, str]] = []

    def load(self, entries: Iterable[tuple[str, Entry]]) -> None:
        """Begin with what the file says."""
        for incident, entry in entries:
            self._enter(incident, entry)

    # -- what stands -------------------------------------------------------------------------------------------------------------------

    def standing(self, incident: str) -> Standing | None:
        """How an incident stands; None when only the file can tell."""
        with self._lock:
            entry = self._entries.get(incident)
            return entry.standing if entry else None

    def holder(self, key: str) -> str | None:
        """The incident under which this key is open."""
        return self._holders.get(key)

    def length(self, incident: str) -> int | None:
        """How many facts an incident has; None when only the file can tell."""
        entry = self._entries.get(incident)
        return entry.length if entry else None

    def committed(self, changes: dict[str, Change]) -> None:
        """Take over what has just been committed."""
        with self._lock:
            for incident, change in changes.items():
                self._commit(incident, change)

    def _commit(self, incident: str, change: Change) -> None:
        stands, entry = change.standing, self._entries.get(incident)
        if entry is None:
            entry = Entry(stands.length, stands.head, stands.generation, stands.holds, change.due, change.due)
        if change.released and entry.generation == stands.generation and entry.until is not None:
            entry.until = entry.owner = None
            self._unwritten.add(incident)
        if entry.holds is not None and self._holders.get(entry.holds) == incident:
            del self._holders[entry.holds]
        entry.length, entry.head, entry.holds, entry.due, entry.written = stands.length, stands.head, stands.holds, change.due, change.due
        self._enter(incident, entry)
        if entry.due is None and entry.holds is None:
            self._unwritten.add(incident)  # to be forgotten

    def _enter(self, incident: str, entry: Entry) -> None:
        self._entries[incident] = entry
        if entry.holds is not None:
            self._holders[entry.holds] = incident
        self._await(incident, entry)

    def _await(self, incident: str, entry: Entry) -> None:
        claimable = entry.claimable
        if claimable is not None and (coming := (claimable, incident)) not in self._awaited:
            self._awaited.add(coming)
            heapq.heappush(self._coming, coming)

    def _next(self) -> tuple[int, str]:
        """Take the earliest out of `_coming`."""
        earliest = heapq.heappop(self._coming)
        self._awaited.discard(earliest)
        return earliest

    # -- what is due -------------------------------------------------------------------------------------------------------------------

    def claim(self, worker: str, now: int, limit: int) -> list[Claim]:
        """Lease what is due to `worker`, the most overdue first."""
        claims: list[Claim] = []
        with self._lock:
            self._ripen(now)
            while self._ready and self._ready[0][0] <= now and len(claims) < limit:
                due, incident = heapq.heappop(self._ready)
                entry = self._entries.get(incident)
                if entry is None or entry.due != due:
                    continue
                if entry.until is None or entry.until <= now:
                    entry.generation, entry.until, entry.owner = entry.generation + 1, now + _LEASE, worker
                    self._unwritten.add(incident)
                    claims.append(Claim(incident, entry.generation))
                self._await(incident, entry)
        return claims

    def _ripen(self, now: int) -> None:
        """Move what can be claimed by now to where it is sorted by how overdue it is."""
        while self._coming and self._coming[0][0] <= now:
            claimable, incident = self._next()
            entry = self._entries.get(incident)
            if entry is not None and entry.due is not None and self._is_coming(claimable, incident):
                heapq.heappush(self._ready, (entry.due, incident))

    def schedule(self, claim: Claim, expected: int, due: int | None) -> tuple[bool, bool]:
        """Give a claim back; whether it was the newest, and whether the file must know before the caller may rely on it (Rule 1)."""
        with self._lock:
            entry = self._entries.get(claim.incident)
            if entry is None or entry.generation != claim.generation or entry.until is None:
                return False, False
            if entry.length == expected:
                entry.due = due
            entry.until = entry.owner = None
            self._unwritten.add(claim.incident)
            self._await(claim.incident, entry)
            return True, entry.due is not None and (entry.written is None or entry.due < entry.written)

    def next_due(self) -> int | None:
        """The earliest instant at which something can be claimed."""
        with self._lock:
            while self._ready and not self._is_ready(*self._ready[0]):
                heapq.heappop(self._ready)
            while self._coming and not self._is_coming(*self._coming[0]):
                self._next()
            return min((heap[0][0] for heap in (self._ready, self._coming) if heap), default=None)

    def _is_ready(self, due: int, incident: str) -> bool:
        entry = self._entries.get(incident)
        if entry is None or entry.due != due:
            return False
        if entry.until is not None:  # leased since it was ready
            self._await(incident, entry)
        return entry.until is None

    def _is_coming(self, claimable: int, incident: str) -> bool:
        entry = self._entries.get(incident)
        return entry is not None and entry.claimable == claimable

    # -- what the file does not know yet -------------------------------------------------------------------------------------------------

    @property
    def behind(self) -> bool:
        """Whether there is anything."""
        return bool(self._unwritten)

    def unwritten(self) -> list[Scheduled]:
        """What stands of every incident where the file says otherwise."""
        with self._lock:
            names, self._unwritten = self._unwritten, set()
            known = [(name, entry) for name in names if (entry := self._entries.get(name))]
            return [(entry.due, entry.until, entry.owner, entry.generation, name) for name, entry in known]

    def written(self, rows: list[Scheduled]) -> None:
        """These rows are in the file now: forget the incidents of which nothing is left to remember."""
        with self._lock:
            for due, until, _, generation, incident in rows:
                entry = self._entries.get(incident)
                if entry is None or incident in self._unwritten:
                    continue
                if entry.due == due and entry.until == until and entry.generation == generation:
                    entry.written = due
                    if due is None and until is None and entry.holds is None:
                        del self._entries[incident]

    def not_written(self, rows: list[Scheduled]) -> None:
        """Writing these rows failed: they are to be written yet."""
        with self._lock:
            self._unwritten |= {row[-1] for row in rows}
