"""How an incident begins: its title, severity, policy, and a name of its own that two machines would give alike."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.policies import Policy
from kuaihui.catalog.services import Service
from kuaihui.incident.alerts import Alert, Opened, QuotedLevel, QuotedPolicy
from kuaihui.intake.places import Place
from kuaihui.intake.severities import severity_of
from kuaihui.language import say, text

LONGEST_TITLE: Final = 80  # characters: one line on a phone's lock screen, twice over
# The value of the label `drill` that asks for telephones to be rung too: without it a drill never does.
TELEPHONES: Final = "telephones"
_BASE32: Final = "abcdefghijklmnopqrstuvwxyz234567"  # RFC 4648: no 0, 1 or 8 that could be taken for a letter


def opening(place: Place, alerts: Sequence[Alert], catalog: Catalog, now: datetime) -> Opened:
    """The opening of an incident by these alerts."""
    service = catalog.services[place.service]
    opened = Opened(
        at=now,
        service=place.service,
        title=title(alerts[0]),
        severity=severity_of(alerts, service),
        policy=quoted(policy_of(service, catalog)),
        rule=place.rule,
        group=place.group,
        catalog=catalog.version,
    )
    if not any(map(is_drill, alerts)):
        return opened
    asked = any(alert.labels.get("drill", "").lower() == TELEPHONES for alert in alerts)
    return acted_out(msgspec.structs.replace(opened, telephones=asked), catalog.language)


def is_drill(alert: Alert) -> bool:
    """Whether its source says that it is acted out: by a label `drill`."""
    return alert.labels.get("drill", "").lower() not in ("", "false", "no", "0")


def acted_out(opened: Opened, language: str) -> Opened:
    """The opening of a drill: its title says so wherever it is shown."""
    if opened.drill:
        return opened
    return msgspec.structs.replace(opened, drill=True, title=say(text("[Drill] {title}", title=opened.title), language))


def declaration(service: str, title: str, severity: int | None, person: str, catalog: Catalog, now: datetime) -> Opened:
    """The opening of an incident by hand; without a severity it is the service's own."""
    known = catalog.services[service]
    return Opened(
        at=now,
        by=person,
        service=service,
        title=title,
        severity=severity or known.severity,
        policy=quoted(policy_of(known, catalog)),
        rule=text("declared by {person}", person=f"@{person}"),
        catalog=catalog.version,
    )


def title(alert: Alert) -> str:
    """What the alert says of itself in one short line: its summary, else its name."""
    words = " ".join((alert.summary or alert.name).split())
    return words if len(words) <= LONGEST_TITLE else words[: LONGEST_TITLE - 1] + "…"


def policy_of(service: Service, catalog: Catalog) -> Policy:
    """The service's escalation policy. The catalog's check sees to it that there is one."""
    return catalog.policies[service.policy]


def quoted(policy: Policy) -> QuotedPolicy:
    """The policy as it stands now, to be kept with the incident."""
    levels = (QuotedLevel(level.notify, level.answer, level.unread_after, level.unacknowledged_after) for level in policy.levels)
    return QuotedPolicy(policy.id, tuple(levels), policy.repeat, policy.silent_after)


def incident_id(key: str, at: datetime, time_zone: str, attempt: int = 0) -> str:
    """
    A readable name such as 20230311-1103-k7f3: the team's own date and time, and four characters of a hash of what and exactly when.

    Among two hundred incidents of one minute, one time in fifty two get the same: then another `attempt` gives another name.
    """
    what = f"{key}\n{at.isoformat()}" + (f"\n{attempt}" if attempt else "")
    digest = int.from_bytes(blake2b(what.encode(), digest_size=5).digest(), "big")
    short = "".join(_BASE32[digest >> bits & 31] for bits in (35, 30, 25, 20))
    return f"{_minute(at, time_zone)}-{short}"


@lru_cache(maxsize=16)  # what opens together opens at one instant
def _minute(at: datetime, time_zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(time_zone)):%Y%m%d-%H%M}"
