"""Facts and appends for the journals' tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from kuaihui.incident.alerts import Opened, QuotedLevel, QuotedPolicy, Reopened
from kuaihui.incident.fact import Fact
from kuaihui.incident.pages import Acknowledged
from kuaihui.incident.recovery import Closed
from kuaihui.incident.room import MessagePosted
from kuaihui.incident.timeline import Timeline
from kuaihui.journal.journal import Append, summary_of
from kuaihui.language import plain, text

START = datetime(2026, 11, 23, 3, 14, 15, 926535, tzinfo=UTC)
POLICY = QuotedPolicy(
    "standard", (QuotedLevel(("rota:payments",), "page", timedelta(minutes=1), timedelta(minutes=5)),), 2, timedelta(minutes=15)
)


def later(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def opened(service: str = "payments", at: datetime = START) -> Opened:
    return Opened(at=at, service=service, title=f"{service}：错误率升高", severity=1, policy=POLICY, rule=text("matched by its labels"))


def acknowledged(person: str = "li", at: datetime = START) -> Acknowledged:
    return Acknowledged(at=at, by=person)


def said(words: str, at: datetime = START) -> MessagePosted:
    return MessagePosted(at=at, by="li", message=words, words=plain(words))


def closed(at: datetime = START) -> Closed:
    return Closed(at=at, verdict="recovered", reason=text("quiet for the whole window"))


def reopened(at: datetime = START) -> Reopened:
    return Reopened(at=at, reason=text("the alert fires again"))


def adding(
    incident: str, facts: Sequence[Fact], before: Sequence[Fact] = (), *, due: datetime | None = None, generation: int | None = None
) -> Append:
    """An append of `facts` to an incident that holds `before`."""
    summary = summary_of(Timeline(incident, [*before, *facts]))
    return Append(incident, len(before), tuple(facts), summary, due, generation)
