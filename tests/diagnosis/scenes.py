"""Incidents as they stand once the first look has been taken: one scene a fault."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kuaihui.incident.alerts import Alert, AlertFired, Opened, QuotedPolicy
from kuaihui.incident.evidence import Change, ChangesListed, LoggedSignature, LogsSearched, RedisFinding, RedisGap, RedisInspected
from kuaihui.incident.fact import Fact
from kuaihui.incident.thinking import ChangeSuspected
from kuaihui.incident.timeline import Timeline
from kuaihui.language import plain, text

AT = datetime(2023, 3, 11, 3, 0, tzinfo=UTC)
POLICY = QuotedPolicy("business", (), 1, timedelta(minutes=15))
POOL = "redis: connection pool timeout after <*> key=<*>"


def begun(value: float = 0.1, **labels: str) -> Timeline:
    alert = Alert("k", "Gateway5xxRatioHigh", {"service": "config-center"} | labels, AT, value)
    opened = Opened(at=AT, service="config-center", title="5xx", severity=2, policy=POLICY, rule=text("rule"))
    return Timeline("INC-1", (opened, AlertFired(at=AT, alerts=(alert,))))


def logs(*signatures: tuple[str, int], asked_by: str = "first_look") -> LogsSearched:
    found = tuple(LoggedSignature(template=template, count=count, example=template) for template, count in signatures)
    return LogsSearched(at=AT, identity="l", asked_by=asked_by, since=AT, until=AT, total=1000, signatures=found)


def redis(*findings: tuple[str, float], asked_by: str = "first_look", gaps: tuple[str, ...] = ()) -> RedisInspected:
    found = tuple(RedisFinding(kind=kind, says=plain(f"{kind} here"), weight=weight) for kind, weight in findings)
    return RedisInspected(
        at=AT, identity="r", asked_by=asked_by, findings=found, gaps=tuple(RedisGap(section, plain("left out")) for section in gaps)
    )


def suspected(score: float) -> ChangeSuspected:
    return ChangeSuspected(at=AT, change="d1", title="v1.9.0", service="config-center", made=AT, score=score, reason=plain("near"))


def released(before: timedelta, **more: object) -> Change:
    fields: dict[str, object] = {"id": "d1", "kind": "deployment", "service": "config-center", "title": "v1.8.2", "author": "amao"}
    return Change(at=AT - before, **(fields | more))  # type: ignore[arg-type]  # a test's own words


def listed(*changes: Change, asked_by: str = "first_look") -> ChangesListed:
    return ChangesListed(at=AT, identity="c", asked_by=asked_by, since=AT - timedelta(days=7), until=AT, changes=changes)


def seen(*facts: Fact) -> Timeline:
    return begun().extended(facts)


SCENES: dict[str, tuple[Timeline, str]] = {
    "the story's hot key": (
        seen(logs((POOL, 4000)), redis(("hot key", 0.8), ("slow commands on one key", 0.65), ("busy", 0.5), ("connections in use", 0.45))),
        "redis-hot-key",
    ),
    "slow commands without a hot key": (
        seen(logs((POOL, 900)), redis(("slow commands", 0.75), ("busy", 0.5), ("connections in use", 0.45))),
        "redis-slow-command",
    ),
    "a bad deploy": (
        seen(logs(("json: cannot unmarshal <*>", 800)), redis(("calm", 0.35)), suspected(0.85)),
        "bad-deploy",
    ),
    "a full pool with a calm Redis": (seen(logs((POOL, 900)), redis(("calm", 0.35))), "pool-full-redis-calm"),
    "Redis down": (
        seen(logs(("redis: dial tcp <*>: connect: connection refused", 2000)), redis(("down", 1.0))),
        "redis-down",
    ),
    "plain overload": (seen(logs((POOL, 3000)), redis(("busy", 0.5), ("connections in use", 0.45))), "overload"),
    "overload of a server with a part of a core": (
        seen(logs((POOL, 3000)), redis(("busy", 0.5), ("everything slow", 0.5), ("connections in use", 0.45), gaps=("MONITOR",))),
        "overload",
    ),
}
