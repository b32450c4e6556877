"""A journal in memory: what tests, dry runs and replays run on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import datetime
from hashlib import sha256

import msgspec

from kuaihui.incident.facts import encode
from kuaihui.journal.chain import START, Record, chained
from kuaihui.journal.changes import Changes, followed
from kuaihui.journal.journal import LEASE, Append, Claim, Summary, Trace
from kuaihui.journal.notes import Note, in_order
from kuaihui.journal.words import Hit, Worded, terms


class Lease(msgspec.Struct):
    """When an incident is due, and who settles it until when."""

    due: datetime | None = None
    until: datetime | None = None
    generation: int = 0


class Memory:
    """Keeps every promise of a journal but the one about power cuts."""

    exclusive = True

    def __init__(self) -> None:
        self._all: list[Record] = []
        self._of: dict[str, list[Record]] = {}
        self._summaries: dict[str, Summary] = {}
        self._leases: dict[str, Lease] = {}
        self._traces: dict[tuple[str, str, str, str], Trace] = {}
        self._notes: dict[str, Note] = {}
        self._words: dict[int, tuple[Worded, frozenset[str]]] = {}
        self._artifacts: dict[str, tuple[bytes, str]] = {}
        self._changes = Changes()

    async def append(self, appends: Sequence[Append]) -> list[bool]:
        kept = [self._append(one) for one in appends]
        if any(kept):
            self._changes.tell()
        return kept

    def _append(self, one: Append) -> bool:
        records, lease = self._of.get(one.incident, []), self._leases.get(one.incident, Lease())
        if len(records) != one.expected or (one.generation is not None and lease.generation != one.generation) or self._taken(one):
            return False
        new = chained(one.incident, one.expected, records[-1].hash if records else START, map(encode, one.facts), len(self._all) + 1)
        self._of.setdefault(one.incident, []).extend(new)
        self._all.extend(new)
        self._summaries[one.incident] = one.summary
        lease.due = one.due
        if one.generation is not None:
            lease.until = None
        self._leases[one.incident] = lease
        return True

    def _taken(self, one: Append) -> bool:
        """Whether the key is open under another incident."""
        if one.summary.closed:
            return False
        others = (known for known in self._summaries.values() if known.key == one.summary.key and known.incident != one.incident)
        return any(known.closed is None for known in others)

    def alone(self) -> AbstractAsyncContextManager[None]:
        return nullcontext()

    async def read(self, incident: str, after: int = 0) -> list[Record]:
        return self._of.get(incident, [])[after:]

    async def read_each(self, after: Mapping[str, int]) -> dict[str, list[Record]]:
        return {incident: await self.read(incident, first) for incident, first in after.items()}

    def follow(self, position: int) -> AsyncIterator[Record]:
        return followed(self.after, self._changes, position, None)

    async def summaries(self, *, open_only: bool = False, before: datetime | None = None, limit: int = 1000) -> list[Summary]:
        wanted = [
            known for known in self._summaries.values() if not (open_only and known.closed) and (before is None or known.opened < before)
        ]
        return sorted(wanted, key=lambda known: (known.opened, known.incident), reverse=True)[:limit]

    async def summary(self, incident: str) -> Summary | None:
        return self._summaries.get(incident)

    async def head(self, incident: str) -> tuple[int, str]:
        records = self._of.get(incident)
        return (len(records), records[-1].hash) if records else (0, START)

    async def find(self, keys: Sequence[str]) -> dict[str, Summary]:
        wanted = set(keys)
        found = [known for known in self._summaries.values() if known.key in wanted]
        found.sort(key=lambda known: (known.closed is None, known.opened, known.incident))
        return {known.key: known for known in found}

    async def claim(self, worker: str, now: datetime, limit: int = 1000) -> list[Claim]:
        self._changes.look()
        due = [
            (lease.due, incident)
            for incident, lease in self._leases.items()
            if lease.due and lease.due <= now and (lease.until is None or lease.until <= now)
        ]
        claims: list[Claim] = []
        for _, incident in sorted(due)[:limit]:
            lease = self._leases[incident]
            lease.generation, lease.until = lease.generation + 1, now + LEASE
            claims.append(Claim(incident, lease.generation))
        return claims

    async def schedule(self, claim: Claim, expected: int, due: datetime | None) -> bool:
        lease = self._leases.get(claim.incident)
        if lease is None or lease.generation != claim.generation or lease.until is None:
            return False
        if len(self._of[claim.incident]) == expected:
            lease.due = due
        lease.until = None
        return True

    async def next_due(self) -> datetime | None:
        return min((max(lease.due, lease.until or lease.due) for lease in self._leases.values() if lease.due), default=None)

    async def changed(self, timeout: float) -> None:
        await self._changes.wait(timeout)

    async def note(self, traces: Sequence[Trace]) -> None:
        for trace in traces:
            place = (trace.key, trace.verdict, trace.incident, trace.rule)
            known = self._traces.get(place)
            last = trace.last or trace.at
            self._traces[place] = msgspec.structs.replace(known, count=known.count + trace.count, last=last) if known else trace

    async def traces(self, key: str) -> list[Trace]:
        return sorted(
            (trace for trace in self._traces.values() if trace.key == key),
            key=lambda trace: (trace.at, trace.verdict, trace.incident, trace.rule),
        )

    async def traces_of(self, rule: str, limit: int = 1000) -> list[Trace]:
        return sorted((trace for trace in self._traces.values() if rule and trace.rule == rule), key=_told_last)[:limit]

    async def heard(self, since: datetime, limit: int = 10_000) -> list[Trace]:
        return sorted((trace for trace in self._traces.values() if (trace.last or trace.at) >= since), key=_told_last)[:limit]

    async def lead(self, office: str) -> bool:
        return True  # there is no other process

    async def keep(self, artifact: bytes, media: str) -> str:
        name = sha256(artifact).hexdigest()
        self._artifacts[name] = (artifact, media)
        return name

    async def artifact(self, hash: str) -> tuple[bytes, str] | None:
        return self._artifacts.get(hash)

    # -- notes and words ---------------------------------------------------------------------------------------------------------------

    async def stand(self, note: Note) -> None:
        self._notes.setdefault(note.id, note)

    async def end(self, id: str, at: datetime, by: str) -> bool:
        note = self._notes.get(id)
        if note is None or note.ended is not None:
            return False
        self._notes[id] = msgspec.structs.replace(note, ended=at, ended_by=by)
        return True

    async def standing(self, kind: str, at: datetime | None = None) -> list[Note]:
        return sorted((note for note in self._notes.values() if note.kind == kind and (at is None or note.over > at)), key=in_order)

    async def after(self, position: int, limit: int = 1000) -> list[Record]:
        return self._all[position : position + limit]

    async def mentions(self, words: bytes, limit: int = 1000, since: datetime | None = None) -> list[Record]:
        found = (record for record in reversed(self._all) if words in record.body)
        return [record for record in found if since is None or self._summaries[record.incident].changed >= since][:limit]

    async def indexed(self) -> int:
        return max(self._words, default=0)

    async def index(self, words: Sequence[Worded], *, anew: bool = False) -> None:
        if anew:
            self._words.clear()
        for one in words:
            self._words.setdefault(one.position, (one, frozenset(one.tokens)))

    async def search(self, wanted: str, limit: int = 50) -> list[Hit]:
        looked_for = terms(wanted)
        found: dict[str, list[Worded]] = {}
        met: dict[str, set[str]] = {}
        for one, tokens in self._words.values():
            fitting = {term.token for term in looked_for if term.fits(tokens)}
            if fitting:
                found.setdefault(one.incident, []).append(one)
                met.setdefault(one.incident, set()).update(fitting)
        whole = [incident for incident in found if len(met[incident]) == len({term.token for term in looked_for})]
        newest = {incident: max(one.position for one, _ in self._words.values() if one.incident == incident) for incident in whole}
        whole.sort(key=lambda incident: newest[incident], reverse=True)
        return [Hit(incident, tuple(sorted(one.number for one in found[incident]))) for incident in whole[:limit]]


def _told_last(trace: Trace) -> tuple[float, str, str, str, str]:
    return -(trace.last or trace.at).timestamp(), trace.key, trace.verdict, trace.incident, trace.rule
