"""
POST /hooks/alertmanager: Alertmanager's webhook (version 4), and Grafana's contact point, which has its shape.

Rule 1: an alert fires until the sender says "resolved": the webhook tells no end for what fires, and repeats only every few hours.
Rule 2: alerts that the sender left out (max_alerts) are noted, so that nobody takes the list for whole.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from kuaihui.intake.fingerprints import fingerprint_of_bytes
from kuaihui.intake.labels import malformed
from kuaihui.intake.ringing import Fault, Misheard, Unusable, placed, unusable
from kuaihui.integrations.alertmanager.told import Memory, RawAlert, Reader, Told, each, misheard, too_deep
from kuaihui.language import text

SOURCE: Final = "alertmanager"


class RawWebhook(msgspec.Struct, rename="camel"):
    """The body, as far as it is ours to know."""

    alerts: list[msgspec.Raw]
    group_key: str = ""
    truncated_alerts: int = 0


_body: Final = msgspec.json.Decoder(RawWebhook).decode


class Webhook:
    """Reads what an Alertmanager posts; remembers what it has read."""

    def __init__(self) -> None:
        self._known = Memory()
        self._reader = Reader(SOURCE)

    def hear(self, body: bytes, now: datetime) -> Told:
        """The alerts of a body. Raises Unusable where it is no webhook's."""
        told, hook = Told(), _webhook(body)
        for number, raw in each(hook.alerts, "alerts", told):
            self._one(number, raw, told, now)
        if hook.truncated_alerts:
            told.notes.append(_truncated(hook))
        return told

    def _one(self, number: int, raw: RawAlert, told: Told, now: datetime) -> None:
        labels = bytes(raw.labels)
        before = self._known.get(labels)
        if before is not None and raw.status == "firing" and before.started == raw.starts_at and before.annotations == _rest(raw):
            told.again.append((before.ringing, None))
            return
        try:
            firing = _firing(raw)
            ends = None if firing else self._reader.instants.of(raw.ends_at, "endsAt")
            ringing = self._reader.read(raw, now, ends, firing=firing)
        except Unusable as wrong:
            told.refused.append(misheard(placed(wrong, f"alerts[{number}]"), labels, labels))
            return
        told.fresh.append(ringing)
        if firing and ringing.dated:
            self._known.keep(labels, _rest(raw), raw.starts_at, ringing)


def _rest(raw: RawAlert) -> bytes:
    """Everything that a value may stand in."""
    return b"%s%s%s" % (bytes(raw.annotations), bytes(raw.values or b""), raw.value_string.encode())


def _firing(raw: RawAlert) -> bool:
    if raw.status not in ("firing", "resolved"):
        words = text("the status is {status}; it is to be firing or resolved", status=raw.status[:40] or "…")
        raise unusable("webhook.status", "status", words, "firing|resolved")
    return raw.status == "firing"


def _truncated(hook: RawWebhook) -> Misheard:
    words = text("the sender left out {count} alerts: take max_alerts out of its webhook_config", count=hook.truncated_alerts)
    return Misheard(fingerprint_of_bytes(hook.group_key.encode()), Fault("webhook.truncated", "truncatedAlerts", words, 0))


def _webhook(body: bytes) -> RawWebhook:
    try:
        return _body(body)
    except RecursionError as deep:
        raise too_deep("") from deep
    except msgspec.DecodeError as wrong:
        raise malformed(wrong, "") from wrong
