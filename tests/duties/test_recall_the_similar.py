"""When similar incidents are looked for."""

from __future__ import annotations

from kuaihui.duties.due import Due
from kuaihui.duties.recall_the_similar import due
from kuaihui.incident.evidence import LogsSearched
from kuaihui.incident.pages import Answered
from kuaihui.incident.recovery import Closed
from kuaihui.incident.thinking import HypothesisConfirmed
from kuaihui.language import plain
from tests.duties.so_far import after, asked, opened

LOGS = LogsSearched(at=after(0, 5), identity="i", since=after(0), until=after(0, 5), total=1)
HOT = HypothesisConfirmed(at=after(5), hypothesis="redis-hot-key", claim=plain("热 key"), reason=plain("慢日志"))


def when(*facts: object) -> list[tuple[object, int]]:
    return [(one.at, one.order.occasion) for one in asked(due, opened(*facts), after(6)) if isinstance(one, Due)]  # type: ignore[arg-type]


def test_without_logs_it_is_asked_after_a_minute() -> None:
    assert when() == [(after(1), 0)]


def test_it_is_asked_once_the_logs_are_read_and_once_a_cause_is_confirmed() -> None:
    assert when(LOGS) == [(after(0, 5), 2)]
    assert when(LOGS, HOT) == [(after(0, 5), 2)], "one after the other"
    answered = Answered(at=after(0, 6), identity="FindSimilar/2", outcome="done")
    assert when(LOGS, answered, HOT) == [(after(0, 5), 2), (after(5), 4)]


def test_it_is_asked_once_more_on_closing_but_not_after_a_false_alarm() -> None:
    assert when(LOGS, Closed(at=after(20), verdict="recovered", reason=plain("ok"))) == [(after(20), 3)]
    assert when(LOGS, Closed(at=after(20), verdict="false alarm", reason=plain("压测"))) == []
