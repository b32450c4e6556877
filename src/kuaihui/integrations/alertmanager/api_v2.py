"""
POST /api/v2/alerts: a Prometheus names Kuaihui as its alertmanager.

Rule 1: an end in the past is a "resolved"; an end left out is `resolve_timeout` from now; every re-send moves the end.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec

from kuaihui.intake.labels import malformed
from kuaihui.intake.ringing import Unusable, placed, unusable
from kuaihui.integrations.alertmanager.told import Memory, RawAlert, Reader, Told, each, misheard, too_deep
from kuaihui.language import text

SOURCE: Final = "prometheus"

_typed: Final = msgspec.json.Decoder(list[RawAlert]).decode
_loose: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode


class ApiV2:
    """Reads what a Prometheus posts; remembers what it has read."""

    def __init__(self, resolve_timeout: timedelta) -> None:
        self.resolve_timeout = resolve_timeout
        self._known = Memory()
        self._reader = Reader(SOURCE)
        self._ends = self._reader.instants.of

    def hear(self, body: bytes, now: datetime) -> Told:
        """The alerts of a body. Raises Unusable where it holds none at all."""
        told = Told()
        try:
            alerts = _typed(body)
        except msgspec.ValidationError:
            for number, raw in each(_list(body), "", told):
                self._one(number, raw, told, now)
        except (msgspec.DecodeError, RecursionError):
            _list(body)
            raise
        else:
            self._all(alerts, told, now)
        return told

    def _all(self, alerts: list[RawAlert], told: Told, now: datetime) -> None:
        known, again, default = self._known.get, told.again.append, now + self.resolve_timeout
        written, ends = "", default
        for number, raw in enumerate(alerts):
            before = known(bytes(raw.labels))
            if before is None or before.started != raw.starts_at or before.annotations != bytes(raw.annotations):
                self._one(number, raw, told, now)
                continue
            if raw.ends_at != written:
                written, ends = raw.ends_at, self._end(raw, now)
            if ends is not None and ends > now:
                again((before.ringing, ends))
            else:
                self._one(number, raw, told, now)

    def _end(self, raw: RawAlert, now: datetime) -> datetime | None:
        """The end that is told, or the usual one; None where it cannot be read."""
        try:
            return self._ends(raw.ends_at, "endsAt") or now + self.resolve_timeout
        except Unusable:
            return None

    def _one(self, number: int, raw: RawAlert, told: Told, now: datetime) -> None:
        labels = bytes(raw.labels)
        try:
            ends = self._ends(raw.ends_at, "endsAt") or now + self.resolve_timeout
            ringing = self._reader.read(raw, now, ends, firing=ends > now)
        except Unusable as wrong:
            told.refused.append(misheard(placed(wrong, f"[{number}]"), labels, labels))
            return
        told.fresh.append(ringing)
        if ringing.firing and ringing.dated:
            self._known.keep(labels, bytes(raw.annotations), raw.starts_at, ringing)


def _list(body: bytes) -> list[msgspec.Raw]:
    """The body as a list of anything. Raises Unusable."""
    try:
        return _loose(body)
    except RecursionError as deep:
        raise too_deep("") from deep
    except msgspec.ValidationError as wrong:
        raise unusable("api_v2.list", "", text("the body is to be a list of alerts")) from wrong
    except msgspec.DecodeError as wrong:
        raise malformed(wrong, "") from wrong
