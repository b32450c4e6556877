"""Since you were last here: what somebody has missed."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from kuaihui.briefing.absence import AWAY, missed
from kuaihui.incident.fact import Fact
from kuaihui.incident.pages import Acknowledged, Sent
from kuaihui.incident.roles import RoleTaken
from kuaihui.incident.room import MessagePosted, Reacted, Visited
from kuaihui.incident.timeline import Timeline
from kuaihui.language import plain
from tests.incident.every_fact import AT, FACTS

LATER = AT + timedelta(minutes=10)
LOOKED = Visited(at=AT, by="axin")


def timeline(*facts: Fact) -> Timeline:
    return Timeline("x", (FACTS[0], *facts))


def said(by: str, *mentions: str) -> MessagePosted:
    return MessagePosted(at=AT, by=by, message=f"{by}{mentions}", words=plain("看一下"), mentions=mentions)


def test_what_changed_the_case_is_told_and_messages_are_counted() -> None:
    taken, role = Acknowledged(at=AT, by="dazhuang"), RoleTaken(at=AT, by="amao", role="incident-lead")
    sent = Sent(at=AT, identity="i", person="axin", channel="inbox")
    found = missed(timeline(LOOKED, taken, sent, said("amao"), said("amao", "axin"), said("kuaihui", "axin"), role), "axin", LATER)

    assert found
    assert (found.since, found.facts, found.messages, found.to_them) == (AT, (taken, role), 2, 1)


@pytest.mark.parametrize(
    "facts, now",
    [
        ((Acknowledged(at=AT, by="amao"),), LATER),
        ((LOOKED, Acknowledged(at=AT, by="amao")), AT + AWAY - timedelta(seconds=1)),
        ((LOOKED, Sent(at=AT, identity="i", person="axin", channel="inbox")), LATER),
        ((LOOKED, Acknowledged(at=AT, by="amao"), Reacted(at=AT, by="axin", message="m", emoji="👍")), LATER),
    ],
    ids=["never here", "away for a moment", "nothing of weight", "reacted after it"],
)
def test_nothing_is_missed(facts: tuple[Fact, ...], now: datetime) -> None:
    assert missed(timeline(*facts), "axin", now) is None
