"""Timelines by hand, on the sample catalog."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from kuaihui.catalog.load import load
from kuaihui.duties.due import Conclude, Due, Duty
from kuaihui.incident.alerts import Alert, AlertFired, Opened
from kuaihui.incident.fact import Fact
from kuaihui.incident.pages import Ordered, Sent
from kuaihui.incident.timeline import Timeline
from kuaihui.intake.opening import quoted
from kuaihui.language import text
from kuaihui.orders import AnyOrder, Page
from tests.nights.night import SAMPLE

CATALOG = load(SAMPLE)
# STORY 1.1, in UTC.
ELEVEN = datetime(2023, 3, 11, 3, 0, tzinfo=UTC)


def after(minutes: float = 0, seconds: float = 0) -> datetime:
    """An instant counted from eleven o'clock."""
    return ELEVEN + timedelta(minutes=minutes, seconds=seconds)


def alert(value: float | None = 0.1, key: str = "gateway") -> Alert:
    return Alert(key, "Gateway5xxRatioHigh", {"service": "config-center"}, ELEVEN, value, "5xx")


def opened(*more: Fact, severity: int = 2, value: float | None = 0.1) -> Timeline:
    """An incident of the story's service, open since eleven, and what happened since."""
    policy = quoted(CATALOG.policies[CATALOG.services["config-center"].policy])
    first = Opened(at=ELEVEN, service="config-center", title="5xx", severity=severity, policy=policy, rule=text("rule"))
    return Timeline("I1", (first, AlertFired(at=ELEVEN, alerts=(alert(value),)), *more))


def paged(person: str, level: int, at: datetime, occasion: int = 0) -> tuple[Fact, ...]:
    """A page that was given and sent."""
    page = Page(occasion=occasion, person=person, level=level, channel="inbox", reason=text("why"))
    return Ordered(at=at, order=page, carrier="builtin"), Sent(at=at, identity=page.identity, person=person, channel="inbox")


def asked(duty: Duty, timeline: Timeline, now: datetime) -> list[Due | Conclude]:
    """What a duty says."""
    return list(duty(timeline, CATALOG, now))


def orders(said: Iterable[Due | Conclude], kind: type[AnyOrder]) -> list[AnyOrder]:
    """The orders of one kind among what was said."""
    return [one.order for one in said if isinstance(one, Due) and type(one.order) is kind]


def pages(said: Iterable[Due | Conclude]) -> list[tuple[datetime, Page]]:
    """The pages among what was said, each with its instant."""
    return [(one.at, one.order) for one in said if isinstance(one, Due) and isinstance(one.order, Page)]


def concluded(said: Iterable[Due | Conclude]) -> list[Fact]:
    """The facts among what was said."""
    return [one.fact for one in said if isinstance(one, Conclude)]
