"""Timelines in which the first look has been asked, and what came of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TypeVar

from kuaihui.duties.questions import Asking
from kuaihui.duties.take_the_first_look import ASKER
from kuaihui.incident.evidence import Change, ChangesListed, LoggedSignature, LogsSearched, Looked, RedisFinding, RedisInspected
from kuaihui.incident.fact import Fact
from kuaihui.incident.pages import Answered, Ordered
from kuaihui.language import Text, plain
from kuaihui.orders import Look
from tests.duties.so_far import ELEVEN, after
from tests.nights.evidence import with_sources

CATALOG = with_sources()
POOL = "redis: connection pool timeout"
Kind = TypeVar("Kind", bound=Look)


def look(kind: type[Kind], asker: str = ASKER) -> Kind:
    """The look of this kind at the opening."""
    asking = Asking(CATALOG.services["config-center"], 0, asker, ELEVEN, ELEVEN)
    return next(one for one in asking.everything() if isinstance(one, kind))


def asked_for(*looks: Look) -> tuple[Fact, ...]:
    return tuple(Ordered(at=ELEVEN, order=one, carrier="saturday") for one in looks)  # type: ignore[arg-type]  # each is one of AnyOrder


def answered(one: Look, outcome: str = "done", reason: str = "") -> Answered:
    why = plain(reason) if reason else None
    return Answered(at=after(seconds=2), by="saturday", identity=one.identity, outcome=outcome, reason=why, again=None)


def told(one: Look, **more: object) -> dict[str, object]:
    return {"at": after(seconds=2), "by": "saturday", "identity": one.identity, "asked_by": one.asked_by, "service": one.service} | more


def logs(one: Look, line: str = POOL, count: int = 4000, partial: Text | None = None) -> LogsSearched:
    seen = (LoggedSignature(template=line, count=count, example=line),) if count else ()
    return LogsSearched(**told(one, since=ELEVEN, until=ELEVEN, total=count, signatures=seen, partial=partial))  # type: ignore[arg-type]


def redis(one: Look, *findings: tuple[str, float]) -> RedisInspected:
    found = tuple(RedisFinding(kind=kind, says=plain(f"{kind} here"), weight=weight) for kind, weight in findings)
    return RedisInspected(**told(one, findings=found))  # type: ignore[arg-type]


def changes(one: Look, *made: tuple[str, timedelta], environment: str = "full") -> ChangesListed:
    listed = tuple(
        Change(id=name, at=ELEVEN - before, title=name, kind="deployment", service="config-center", environment=environment)
        for name, before in made
    )
    return ChangesListed(**told(one, since=ELEVEN, until=ELEVEN, changes=listed))  # type: ignore[arg-type]


def whole(*facts: Looked, looks: tuple[Look, ...]) -> tuple[Fact, ...]:
    """Asked, answered and told."""
    return (*asked_for(*looks), *(answered(one) for one in looks), *facts)
