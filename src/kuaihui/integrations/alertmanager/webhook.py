"""
POST /hooks/alertmanager: Alertmanager's webhook (version 4), and Grafana's contact point, which has its shape.

Rule 1: an alert fires until the sender says "resolved": the webhook tells no end for what fires, and repeats only every few hours.
Rule 2: alerts that the sender left out (max_alerts) are noted, so that nobody takes the list for whole.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, Generic, TypeVar

import msgspec

from kuaihui.intake.fingerprints import fingerprint_of_bytes
from kuaihui.intake.instants import Instants
from kuaihui.intake.labels import malformed
from kuaihui.intake.ringing import Fault, Misheard, unusable
from kuaihui.integrations.alertmanager.reader import Reader
from kuaihui.integrations.alertmanager.told import RawAlert, Told, each, too_deep
from kuaihui.language import text

SOURCE: Final = "alertmanager"


One = TypeVar("One", RawAlert, msgspec.Raw)


class RawWebhook(msgspec.Struct, Generic[One], rename="camel"):
    """The body, as far as it is ours to know."""

    alerts: list[One]
    group_key: str = ""
    truncated_alerts: int = 0


_typed: Final = msgspec.json.Decoder(RawWebhook[RawAlert]).decode
_loose: Final = msgspec.json.Decoder(RawWebhook[msgspec.Raw]).decode


class Webhook:
    """Reads what an Alertmanager posts; remembers what it has read."""

    def __init__(self) -> None:
        self._reader = Reader(SOURCE, "alerts", _ending)

    def hear(self, body: bytes, now: datetime) -> Told:
        """The alerts of a body. Raises Unusable where it is no webhook's."""
        told = Told()
        try:
            hook = _typed(body)
            alerts = enumerate(hook.alerts)
        except (msgspec.DecodeError, RecursionError):
            hook = _webhook(body)
            alerts = each(hook.alerts, "alerts", told)
        self._reader.hear(alerts, told, now)
        if hook.truncated_alerts:
            told.notes.append(_truncated(hook))
        return told


def _ending(raw: RawAlert, instants: Instants, now: datetime) -> tuple[bool, datetime | None]:
    if raw.status == "firing":
        return True, None
    if raw.status == "resolved":
        return False, instants.of(raw.ends_at, "endsAt")
    words = text("the status is {status}; it is to be firing or resolved", status=raw.status[:40] or "…")
    raise unusable("webhook.status", "status", words, "firing|resolved")


def _truncated(hook: RawWebhook[RawAlert] | RawWebhook[msgspec.Raw]) -> Misheard:
    words = text("the sender left out {count} alerts: take max_alerts out of its webhook_config", count=hook.truncated_alerts)
    return Misheard(fingerprint_of_bytes(hook.group_key.encode()), Fault("webhook.truncated", "truncatedAlerts", words, 0))


def _webhook(body: bytes) -> RawWebhook[msgspec.Raw]:
    try:
        return _loose(body)
    except RecursionError as deep:
        raise too_deep("") from deep
    except msgspec.DecodeError as wrong:
        raise malformed(wrong, "") from wrong
