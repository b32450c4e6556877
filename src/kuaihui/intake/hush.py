"""
The alerts that ring and wake nobody: held back by a silence, a maintenance window or an inhibition, and let go when that is over.

Rule 1: only what newly rings is held back: an alert of an open incident is followed on, since its recovery is proved on it.
Rule 2: what still rings when nothing hides it any more is heard then, as if it had just been told.
Rule 3: an alert that is held back clears and expires like any other; each step leaves a trace under the rule that hid it.
Rule 4: where nothing can hide anything and nothing is held, this costs one look.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from kuaihui.incident.alerts import Alert
from kuaihui.intake.alerts import CLEARED
from kuaihui.intake.inhibition import Inhibitions
from kuaihui.intake.register import Register
from kuaihui.intake.ringing import Ringing
from kuaihui.intake.silences import RELEASED, Hidden, Silences
from kuaihui.journal.journal import Trace
from kuaihui.language import Text, text

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Text).decode
_decode_alert = msgspec.json.Decoder(Alert).decode

_RESOLVED = text("its source says that it is resolved; it woke nobody")
_EXPIRED = text("its source fell silent; it woke nobody")
_RELEASED = text("nothing hides it any more and it still rings: heard as if it had just been told")


class Held(msgspec.Struct):
    """An alert that is held back: by what, of which service, since when, until when it counts as ringing, and repeats not yet noted."""

    ringing: Ringing
    hidden: Hidden
    service: str
    since: datetime
    last: datetime
    ends: datetime | None
    repeats: int = 0


class Hush:
    """What hides alerts now, and the alerts that it hides."""

    def __init__(self) -> None:
        self.silences = Silences()
        self.inhibitions = Inhibitions()
        self.held: dict[str, Held] = {}
        self._traces: list[Trace] = []

    def __bool__(self) -> bool:
        return bool(self.silences or self.inhibitions or self.held)

    def inhibit(self, inhibitions: Inhibitions, register: Register) -> None:
        """Other rules of inhibition from now on; what fires already is known to them."""
        self.inhibitions = inhibitions
        if inhibitions:
            self.sound(entry.alert for entry in register.alerts.values() if entry.firing)
            self.sound(held.ringing.alert for held in self.held.values())

    def sound(self, alerts: Iterable[Alert]) -> None:
        """These alerts fire: they may be what hides others."""
        if self.inhibitions:
            for alert in alerts:
                self.inhibitions.sounds(alert.key, alert.labels)

    # -- hearing -------------------------------------------------------------------------------------------------------------------------

    def take(self, ringing: Ringing, service: str, register: Register, told: set[str], now: datetime) -> str | None:
        """
        Take what wakes nobody: its verdict; None where it is to be heard the usual way.

        `told` are the keys of all alerts that were told to fire at the same time.
        """
        key = ringing.alert.key
        held = self.held.get(key)
        if not ringing.firing:
            return self._resolved(held, ringing, register, now) if held else None
        if held is not None and held.ringing is ringing and self._still(held, register, told, now):
            held.repeats, held.last = held.repeats + 1, now
            return held.hidden.verdict
        hidden = None if _known(register, ringing) else self._hides(key, ringing, service, register, told, now)
        if hidden is None:
            if held is not None:
                self._let_go(held, now)
            return None
        self._hold(held, ringing, hidden, service, now)
        return hidden.verdict

    def _hides(self, key: str, ringing: Ringing, service: str, register: Register, told: set[str], now: datetime) -> Hidden | None:
        labels = ringing.alert.labels
        hidden = self.silences.hides(labels, service, now)
        if hidden is None and self.inhibitions:
            hidden = self.inhibitions.hides(key, labels, lambda source: self._fires(source, register, told))
        return hidden

    def _fires(self, key: str, register: Register, told: set[str]) -> bool:
        entry = register.alerts.get(key)
        return key in told or key in self.held or (entry is not None and entry.firing)

    def _hold(self, held: Held | None, ringing: Ringing, hidden: Hidden, service: str, now: datetime) -> None:
        alert = ringing.alert
        if held is not None and held.hidden.rule == hidden.rule:
            held.ringing, held.last, held.ends, held.repeats = ringing, now, alert.ends, held.repeats + 1
            return
        if held is not None:
            self._let_go(held, now)
        self.held[alert.key] = Held(ringing, hidden, service, now, now, alert.ends)
        # The alert goes along, unseen in the sentence, so that a house that is started anew knows what it holds back.
        reason = Text(hidden.reason.says, {**hidden.reason.values, "alert": _encode(alert).decode()})
        self._traces.append(Trace(alert.key, now, hidden.verdict, _encode(reason), alert.labels, rule=hidden.rule))

    def _resolved(self, held: Held, ringing: Ringing, register: Register, now: datetime) -> str | None:
        if ringing.dated and ringing.alert.started < held.ringing.alert.started:
            return None  # an earlier episode
        register.cleared(ringing, "", "", now)
        self._done(held, CLEARED, _RESOLVED, now)
        return CLEARED

    # -- as time passes --------------------------------------------------------------------------------------------------------------------

    def freed(self, register: Register, now: datetime) -> list[Ringing]:
        """What nothing hides any more and still rings: to be heard now. What has fallen silent meanwhile is set aside."""
        free: list[Ringing] = []
        for held in list(self.held.values()):
            if held.ends is not None and held.ends <= now:
                self._done(held, CLEARED, _EXPIRED, now)
            elif not self._still(held, register, set(), now):
                free += self._freed(held, register, now)
        return free

    def _freed(self, held: Held, register: Register, now: datetime) -> list[Ringing]:
        ringing, key = held.ringing, held.ringing.alert.key
        hidden = self._hides(key, ringing, held.service, register, set(), now)
        if hidden is not None:
            self._hold(held, ringing, hidden, held.service, now)
            return []
        self._let_go(held, now)
        return [ringing]

    def _still(self, held: Held, register: Register, told: set[str], now: datetime) -> bool:
        """Whether what hid it hides it still."""
        if self.silences.holds(held.hidden.rule, now):
            return True
        if held.hidden.rule not in self.inhibitions.ids:
            return False
        labels, key = held.ringing.alert.labels, held.ringing.alert.key
        hidden = self.inhibitions.hides(key, labels, lambda source: self._fires(source, register, told))
        return hidden is not None and hidden.rule == held.hidden.rule

    def next_look(self) -> datetime | None:
        """The earliest instant at which an alert that is held back may have to be let go."""
        instants = [at for held in self.held.values() for at in (held.ends, self.silences.ends(held.hidden.rule)) if at is not None]
        return min(instants, default=None)

    # -- traces ----------------------------------------------------------------------------------------------------------------------------

    def _let_go(self, held: Held, now: datetime) -> None:
        self._done(held, RELEASED, _RELEASED, now)

    def _done(self, held: Held, verdict: str, reason: Text, now: datetime) -> None:
        alert = held.ringing.alert
        self._repeats(held)
        self.held.pop(alert.key, None)
        self._traces.append(Trace(alert.key, now, verdict, _encode(reason), alert.labels, rule=held.hidden.rule))

    def _repeats(self, held: Held) -> None:
        if held.repeats:
            alert, hidden = held.ringing.alert, held.hidden
            trace = Trace(
                alert.key, held.since, hidden.verdict, _encode(hidden.reason), alert.labels, "", held.repeats, held.last, hidden.rule
            )
            self._traces.append(trace)
            held.repeats = 0

    def traces(self, *, repeats: bool = False) -> list[Trace]:
        """The traces that are to be written now, with `repeats` also how often what is held back was told again."""
        if repeats:
            for held in self.held.values():
                self._repeats(held)
        traces, self._traces = self._traces, []
        return traces

    # -- after a start ---------------------------------------------------------------------------------------------------------------------

    def restored(self, traces: Iterable[Trace], service: str, hidden: Hidden, now: datetime, grace: timedelta) -> None:
        """What a rule held back when the house stopped, by that rule's traces of one alert; each deadline is at least `grace` away."""
        known = list(traces)
        newest = max(known, key=lambda trace: (trace.last or trace.at, trace.verdict != hidden.verdict))
        if newest.verdict != hidden.verdict:
            return
        alert = _decode_alert(str(_decode(newest.reason).values["alert"]))
        ends = max(alert.ends, now + grace) if alert.ends else None
        # Undated: this may be a later episode than the one whose start was written down.
        ringing = Ringing(msgspec.structs.replace(alert, ends=ends), dated=False)
        self.held[alert.key] = Held(ringing, hidden, service, newest.at, newest.last or newest.at, ends)


def _known(register: Register, ringing: Ringing) -> bool:
    """Whether this alert is of an open incident already, or tells of an episode that is over."""
    entry = register.alerts.get(ringing.alert.key)
    if entry is None:
        return False
    late = ringing.dated and entry.resolved is not None and ringing.alert.started <= entry.resolved
    return entry.firing or late
