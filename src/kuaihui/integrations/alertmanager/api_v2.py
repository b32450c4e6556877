"""
POST /api/v2/alerts: a Prometheus names Kuaihui as its alertmanager.

Rule 1: an end in the past is a "resolved"; an end left out is `resolve_timeout` from now; every re-send moves the end.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec

from kuaihui.intake.instants import Instants
from kuaihui.intake.labels import malformed
from kuaihui.intake.ringing import unusable
from kuaihui.integrations.alertmanager.reader import Reader
from kuaihui.integrations.alertmanager.told import RawAlert, Told, each, too_deep
from kuaihui.language import text

SOURCE: Final = "prometheus"

_typed: Final = msgspec.json.Decoder(list[RawAlert]).decode
_loose: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode


class ApiV2:
    """Reads what a Prometheus posts; remembers what it has read."""

    def __init__(self, resolve_timeout: timedelta) -> None:
        self.resolve_timeout = resolve_timeout
        self._reader = Reader(SOURCE, "", self._ending)

    def hear(self, body: bytes, now: datetime) -> Told:
        """The alerts of a body. Raises Unusable where it holds none at all."""
        told = Told()
        try:
            alerts = enumerate(_typed(body))
        except msgspec.ValidationError:
            alerts = each(_list(body), "", told)
        except (msgspec.DecodeError, RecursionError):
            _list(body)
            raise
        self._reader.hear(alerts, told, now)
        return told

    def _ending(self, raw: RawAlert, instants: Instants, now: datetime) -> tuple[bool, datetime]:
        ends = instants.of(raw.ends_at, "endsAt") or now + self.resolve_timeout
        return ends > now, ends


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
