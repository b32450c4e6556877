"""The figures: time goes to exactly one cause, drills and what was never reached are told apart, noise is what nobody acted on."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from kuaihui.briefing.clocks import broke_at
from kuaihui.briefing.figures import Measure, causes, grouped, loads, measure, nine_in_ten, noisy, spread
from kuaihui.briefing.spent import Spent, spent_on
from kuaihui.incident.alerts import AlertFired, Opened, QuotedPolicy, Reopened
from kuaihui.incident.fact import Fact
from kuaihui.incident.pages import Acknowledged, Ordered, Read
from kuaihui.incident.recovery import Closed, Mitigated, ObservationStarted, RecoveryDoubted
from kuaihui.incident.timeline import Timeline
from kuaihui.language import plain
from kuaihui.orders import Page
from tests.intake.alerts.hand_made import NOON, alert, catalog

CATALOG = catalog()
MINUTE = timedelta(minutes=1)
WHY = plain("x")


def at(minutes: float) -> datetime:
    return NOON + minutes * MINUTE


def opened(minutes: float = 1) -> Opened:
    policy = QuotedPolicy("default", (), 0, 15 * MINUTE)
    return Opened(at=at(minutes), service="config-center", title="500", severity=2, policy=policy, rule=WHY)


def fired(minutes: float = 1, began: float = 0) -> AlertFired:
    return AlertFired(at=at(minutes), alerts=(alert(minutes=began),))


def page(person: str, minutes: float, occasion: int = 0, level: int = 1) -> Ordered:
    return Ordered(
        at=at(minutes), order=Page(occasion=occasion, person=person, level=level, channel="inbox", reason=WHY), carrier="builtin"
    )


def read(person: str, minutes: float) -> Read:
    return Read(at=at(minutes), identity="x", person=person)


STORY: list[Fact] = [
    opened(),
    fired(),
    page("axin", 1),
    page("amao", 2, level=2),
    read("amao", 3),
    Acknowledged(at=at(5), by="amao"),
    Mitigated(at=at(8), by="amao", reason=WHY),
    ObservationStarted(at=at(10), until=at(20), reason=WHY),
    Closed(at=at(20), verdict="recovered", reason=WHY),
]


def test_the_storys_time_is_spent_on_what_it_was_spent_on() -> None:
    assert spent_on(Timeline("i", STORY), at(99)) == [
        Spent("unheard", "", MINUTE),
        Spent("unread", "axin", MINUTE),
        Spent("unread", "amao", MINUTE),
        Spent("untaken", "amao", 2 * MINUTE),
        Spent("work", "", 3 * MINUTE),
        Spent("clearing", "", 2 * MINUTE),
    ]


def test_an_incident_is_measured_from_its_timeline() -> None:
    found = measure(Timeline("i", STORY), CATALOG, at(99))

    assert found.times == {"detect": MINUTE, "engage": 5 * MINUTE, "mitigate": 8 * MINUTE, "recover": 10 * MINUTE}
    assert found.kept == {"detect": True, "engage": False, "mitigate": True, "recover": True}, (
        "what was never located was not missed either"
    )
    assert (found.pages, found.takers, found.acted, found.verdict) == ((("axin", False), ("amao", False)), ("amao",), True, "recovered")


STEPS = st.sampled_from([*STORY[2:], Reopened(at=at(0), reason=WHY), RecoveryDoubted(at=at(0), reason=WHY)])


@given(st.lists(st.tuples(STEPS, st.floats(0, 5)), max_size=12), st.floats(0, 60))
def test_the_parts_add_up_to_the_whole(steps: list[tuple[Fact, float]], rest: float) -> None:
    facts: list[Fact] = [opened(), fired()]
    minutes = 1.0
    for fact, more in steps:
        minutes += more
        facts.append(msgspec.structs.replace(fact, at=at(minutes)))
    timeline, now = Timeline("i", facts), at(minutes + rest)
    doubted = timeline.numbered(RecoveryDoubted, timeline.occasion)
    held = doubted[-1][0] if doubted else timeline.occasion  # what was doubted did not hold
    observed = next(iter(timeline.all(ObservationStarted, held) or timeline.all(Closed, held)), None)

    whole = (observed.at if observed else now) - broke_at(timeline)
    assert sum((one.time for one in spent_on(timeline, now)), timedelta()) == whole


def measured(
    name: str = "i", *, acted: bool = True, recover: float | None = 1, alerts: tuple[str, ...] = ("A",), pages: int = 1
) -> Measure:
    times = {} if recover is None else {"recover": recover * MINUTE}
    kept = {} if recover is None else {"recover": recover <= 10}
    people = (("axin", True),) * pages
    return Measure(
        name, "s", "t", 2, False, NOON, NOON, "recovered", acted, times, kept, (Spent("unread", "axin", MINUTE),), people, (), alerts, 1
    )


def test_what_was_never_reached_is_no_zero() -> None:
    found = spread([measured(recover=one) for one in (2, None, 4, 30)], "recover")

    assert (found.count, found.median, found.p90, found.kept, found.judged) == (3, 4 * MINUTE, 30 * MINUTE, 2, 3)
    assert spread([], "recover").median is None


def test_nine_in_ten_is_a_time_that_really_was() -> None:
    assert nine_in_ten([number * MINUTE for number in range(1, 11)]) == 9 * MINUTE
    assert nine_in_ten([]) is None


def test_noise_is_what_nobody_ever_acted_on() -> None:
    found = noisy(
        [measured(acted=False, alerts=("A", "B"), pages=2), measured(acted=True, alerts=("A",)), measured(acted=False, alerts=("C",))]
    )

    assert [(one.alert, one.incidents, one.pages) for one in found] == [("B", 1, 2), ("C", 1, 1)]


def test_loads_and_causes_add_up() -> None:
    several = [measured(pages=2), measured(pages=1)]

    (load,) = loads(several)
    assert (load.person, load.pages, load.nights, load.waited) == ("axin", 3, 3, 2 * MINUTE)
    assert causes(several) == [(Spent("unread", "", 2 * MINUTE), 2)]
    assert [(group.name, group.count) for group in grouped(several, lambda one: one.service)] == [("s", 2)]
