"""What became of an alert is told by the facts where they tell it, and by what was kept beside them where they do not."""

from __future__ import annotations

from datetime import timedelta

from kuaihui.incident.alerts import AlertCleared, AlertFired, Opened, QuotedPolicy, Reopened
from kuaihui.incident.timeline import Timeline
from kuaihui.intake.became import became, heard_lately, told_of
from kuaihui.journal.journal import Append, Trace, summary_of
from kuaihui.journal.memory import Memory
from kuaihui.language import plain
from tests.intake.alerts.hand_made import NOON, alert

ALERT, OTHER = alert(), alert(instance="b")
OPENING = Opened(at=NOON, service="config-center", title="5xx", severity=2, policy=QuotedPolicy("p", (), 0, timedelta(0)), rule=plain("x"))
LATER = [NOON + timedelta(minutes=minutes) for minutes in range(6)]
FACTS = (
    OPENING,
    AlertFired(at=NOON, alerts=(ALERT,)),
    AlertFired(at=LATER[1], alerts=(OTHER, ALERT)),
    AlertCleared(at=LATER[2], keys=(ALERT.key,), how="expired"),
    AlertCleared(at=LATER[3], keys=(ALERT.key,)),
    Reopened(at=LATER[4], reason=plain("again")),
    AlertFired(at=LATER[4], alerts=(ALERT,)),
    AlertCleared(at=LATER[5], keys=(OTHER.key,)),
)
TIMELINE = Timeline("INC-1", FACTS)


async def journal() -> Memory:
    kept = Memory()
    assert await kept.append([Append("INC-1", 0, FACTS, summary_of(TIMELINE), None)]) == [True]
    return kept


def test_facts_tell_each_step_of_an_alert() -> None:
    assert [trace.verdict for trace in told_of(TIMELINE, ALERT.key)] == ["opened", "folded", "cleared", "cleared", "re-opened"]
    assert [trace.verdict for trace in told_of(TIMELINE, OTHER.key)] == ["joined", "cleared"]
    assert list(told_of(TIMELINE, "nobody")) == []


async def test_what_was_kept_beside_stands_among_it_and_is_not_told_twice() -> None:
    kept = await journal()
    late = Trace(OTHER.key, LATER[3], "late", b"{}", OTHER.labels)
    earlier_days = Trace(OTHER.key, LATER[1], "joined", b"{}", OTHER.labels, "INC-1")
    await kept.note([late, earlier_days])

    assert [trace.verdict for trace in await became(kept, OTHER.key)] == ["joined", "late", "cleared"]
    assert await became(kept, "nobody") == []


async def test_what_was_heard_lately_is_each_alert_once_the_last_first() -> None:
    kept = await journal()
    await kept.note([Trace("hidden", LATER[2], "silenced", b"{}", {"alertname": "x"}, rule="s1")])

    assert [trace.key for trace in await heard_lately(kept, NOON)] == [ALERT.key, "hidden", OTHER.key]
    assert [trace.key for trace in await heard_lately(kept, LATER[3])] == [ALERT.key]
