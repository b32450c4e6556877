"""
Who is on call at an instant, until when, and why them.

Rule 1: there is exactly one answer for any instant, and `shifts` is that answer at every instant: it asks at each instant where the
        answer can change, and never works it out a second way.
Rule 2: an override is somebody's word and stands as it is; leave moves only those whom a layer's turn would put on call.
Rule 3: whoever has left is never on call.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import accumulate, chain, pairwise
from typing import Final

import msgspec

from kuaihui.catalog.people import Person
from kuaihui.catalog.rotas import Calendar, Leave, Override, Rota
from kuaihui.catalog.turns import DAY, Turns
from kuaihui.catalog.wall_clock import MIDNIGHT, instant, zone
from kuaihui.language import Text, plain, text
from kuaihui.language.joining import strung

NO_LAYER: Final = -1


class Shift(msgspec.Struct, frozen=True):
    """
    These people (nobody: a gap), from `since` until `until` (UTC).

    `layer` counts from 0, -1 is an override or a gap; `turn` counts a layer's turns; `place` is the file and line of the rule that decided.
    """

    people: tuple[str, ...]
    since: datetime
    until: datetime
    layer: int
    reason: Text
    place: str = ""
    turn: int = 0


class Answer(msgspec.Struct, frozen=True):
    """Who is on call at one instant, by which layer and turn, and why."""

    people: tuple[str, ...]
    layer: int
    reason: Text
    place: str = ""
    turn: int = 0


class Away(msgspec.Struct, frozen=True):
    """One leave as instants (UTC), in its person's own zone."""

    since: datetime
    until: datetime
    last: date
    place: str


NOBODY: Final = Answer((), NO_LAYER, text("nobody is on call"))


def absences(leave: Sequence[Leave], people: Mapping[str, Person], places: Mapping[str, str]) -> dict[str, tuple[Away, ...]]:
    """Everybody's leave as instants, by person."""
    found: dict[str, tuple[Away, ...]] = {}
    for number, entry in enumerate(leave):
        place = zone(people[entry.person].time_zone if entry.person in people else "UTC")
        away = Away(
            instant(entry.first, MIDNIGHT, place), instant(entry.last + DAY, MIDNIGHT, place), entry.last, places.get(f"leave/{number}", "")
        )
        found[entry.person] = (*found.get(entry.person, ()), away)
    return found


class Rounds:
    """One rota with all that decides beside it: who has left, who is away, which days are worked."""

    def __init__(
        self,
        rota: Rota,
        people: Mapping[str, Person],
        away: Mapping[str, tuple[Away, ...]],
        calendar: Calendar | None,
        places: Mapping[str, str],
    ) -> None:
        self.rota, self._people, self._away, self._places = rota, people, away, places
        self._zone = zone(rota.time_zone)
        self._layers = [Turns(layer, calendar, self._zone) for layer in rota.layers]
        self._said = [
            (text("turn of layer {number}", number=number + 1), self._place(f"layers/{number}")) for number in range(len(rota.layers))
        ]
        # Only these are ever not there when their turn comes.
        self._moved = frozenset(away) | {person.id for person in people.values() if not person.joined}
        self._overrides = sorted(
            (self._instant(entry.since), self._instant(entry.until), entry.people, number, entry)
            for number, entry in enumerate(rota.overrides)
        )
        self._begins = [begin for begin, *_ in self._overrides]
        self._reach = list(accumulate((end for _, end, *_ in self._overrides), max))
        # Overrides and leave begin and end at any instant, not only where a turn does.
        ends = chain.from_iterable((begin, end) for begin, end, *_ in self._overrides)
        self._changes = sorted({*ends, *(edge for aways in away.values() for one in aways for edge in (one.since, one.until))})

    def on_call(self, at: datetime) -> tuple[str, ...]:
        """Who is on call at the instant (aware)."""
        return self.answer(at).people

    def answer(self, at: datetime) -> Answer:
        """Who is on call at the instant (aware), and why them."""
        at = at if at.tzinfo is UTC else at.astimezone(UTC)
        if overridden := self._overridden(at):
            return overridden
        for number, turns in enumerate(self._layers):
            if answer := self._by_layer(number, turns, at):
                return answer
        return NOBODY

    def shifts(self, since: datetime, until: datetime) -> list[Shift]:
        """The answer from `since` until `until` (aware; the outer shifts are cut there), without holes: a gap is a shift of nobody."""
        since, until = since.astimezone(UTC), until.astimezone(UTC)
        found: list[Shift] = []
        for begin, end in pairwise(self._edges(since, until)):
            answer = self.answer(begin)
            if found and _same(found[-1], answer):
                begin = found.pop().since  # noqa: PLW2901  # the shift goes on: it began earlier
            found.append(Shift(answer.people, begin, end, answer.layer, answer.reason, answer.place, answer.turn))
        return found

    def gaps(self, since: datetime, until: datetime) -> list[Shift]:
        """The spans in which nobody is on call."""
        return [shift for shift in self.shifts(since, until) if not shift.people]

    def always(self, since: datetime) -> bool:
        """Whether it is plain that there is no gap from `since` on: some layer has no hours or weekdays, and nobody of it is ever away."""
        return any(
            not layer.hours and not layer.weekdays and turns.number(since) is not None and self._moved.isdisjoint(chain(*turns.people))
            for layer, turns in zip(self.rota.layers, self._layers, strict=True)
        )

    def _overridden(self, at: datetime) -> Answer | None:
        number = bisect_right(self._begins, at) - 1
        while number >= 0 and self._reach[number] > at:
            _, end, people, index, entry = self._overrides[number]
            present = tuple(person for person in people if self._stays(person))
            if at < end and present:
                return Answer(present, NO_LAYER, _override_reason(entry), self._place(f"overrides/{index}"), index)
            number -= 1
        return None

    def _by_layer(self, number: int, turns: Turns, at: datetime) -> Answer | None:
        turn = turns.number(at)
        if turn is None:
            return None
        reason, place = self._said[number]
        planned = turns.people[turn % len(turns.people)]
        if not self._moved.isdisjoint(planned):
            planned, reasons = self._present(turns, turn, at)
            reason = strung([reason, *reasons])
        return Answer(planned, number, reason, place, turn) if planned else None

    def _present(self, turns: Turns, turn: int, at: datetime) -> tuple[tuple[str, ...], list[Text]]:
        """The people of a turn, each one away replaced, with the reason for each replacement."""
        planned = turns.people[turn % len(turns.people)]
        present = [person for person in planned if self._available(person, at)]
        reasons: list[Text] = []
        for person in [person for person in planned if person not in present]:
            if found := self._stand_in(person, turns, turn, at, present):
                present.append(found[0])
                reasons.append(self._why(person, *found, at))
        return tuple(present), reasons

    def _stand_in(self, person: str, turns: Turns, turn: int, at: datetime, taken: list[str]) -> tuple[str, Text] | None:
        for backup in self._backups(person):
            if backup not in taken and self._available(backup, at):
                return backup, text("their backup")
        for step in range(1, len(turns.people)):
            for other in turns.people[(turn + step) % len(turns.people)]:
                if other not in taken and self._available(other, at):
                    return other, text("the next of the layer")
        return None

    def _backups(self, person: str) -> Iterator[str]:
        seen = {person}
        while (known := self._people.get(person)) and known.backup and known.backup not in seen:
            person = known.backup
            seen.add(person)
            yield person

    def _why(self, person: str, stand_in: str, how: Text, at: datetime) -> Text:
        away = self._absence(person, at)
        if away is None:
            return text("{stand_in} ({how}) for {person}, who has left", stand_in=f"@{stand_in}", how=how, person=f"@{person}")
        return text(
            "{stand_in} ({how}) for {person}, on leave until {last}",
            stand_in=f"@{stand_in}",
            how=how,
            person=f"@{person}",
            last=away.last.isoformat(),
        )

    def _available(self, person: str, at: datetime) -> bool:
        return self._stays(person) and self._absence(person, at) is None

    def _stays(self, person: str) -> bool:
        known = self._people.get(person)
        return known is None or known.joined

    def _absence(self, person: str, at: datetime) -> Away | None:
        return next((away for away in self._away.get(person, ()) if away.since <= at < away.until), None)

    def _edges(self, since: datetime, until: datetime) -> list[datetime]:
        """Every instant of the span at which the answer can change, its two ends among them."""
        if since >= until:
            return []
        found = set(self._changes[bisect_right(self._changes, since) : bisect_left(self._changes, until)])
        for turns in self._layers:
            found.update(turns.edges(since, until))
        return [since, *sorted(found), until]

    def _instant(self, written: datetime) -> datetime:
        if written.tzinfo:
            return written.astimezone(UTC)
        return instant(written.date(), written.time(), self._zone)

    def _place(self, path: str) -> str:
        return self._places.get(f"rotas/{self.rota.id}/{path}", "")


def _same(shift: Shift, answer: Answer) -> bool:
    return (shift.people, shift.layer, shift.turn, shift.reason) == (answer.people, answer.layer, answer.turn, answer.reason)


def _override_reason(entry: Override) -> Text:
    return text("override: {reason}", reason=plain(entry.reason)) if entry.reason else text("override")
