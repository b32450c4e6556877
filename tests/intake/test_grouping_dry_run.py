"""A dry run groups real alerts as the house would have, and says so before anybody is paged by it."""

from __future__ import annotations

from kuaihui.app.clocks import ActedClock
from kuaihui.app.reception import Reception
from kuaihui.intake.grouping_dry_run import Rang, dry_run, labels_seen, rang
from kuaihui.journal.memory import Memory
from kuaihui.loop import Loop
from tests.intake.alerts.hand_made import NOON, catalog, firing, later, resolved

CATALOG = catalog()


def one(name: str, minutes: float, *, firing: bool = True, **labels: str) -> Rang:
    return Rang(later(minutes), f"{name}{labels}", name, {"alertname": name, "service": "orders", **labels}, firing)


HEARD = [one("Slow", 0, region="cn"), one("Slow", 1, region="eu"), one("Down", 2, region="cn"), one("Slow", 5, firing=False, region="eu")]


def test_the_labels_decide_what_shares_an_incident() -> None:
    def made(*group_by: str) -> list[tuple[dict[str, str], int]]:
        return [(would.group, sum(would.alerts.values())) for would in dry_run(HEARD, CATALOG, "orders", group_by)]

    assert made() == [({}, 3)]
    assert made("region") == [({"region": "cn"}, 2), ({"region": "eu"}, 1)]
    assert made("alertname") == [({"alertname": "Slow"}, 2), ({"alertname": "Down"}, 1)]
    assert made("nothing") == [({"nothing": ""}, 3)]
    assert dry_run(HEARD, CATALOG, "config-center", ()) == []


def test_an_incident_is_over_after_its_observation_and_a_relapse_re_opens_it() -> None:
    cn = [one("Slow", 0, region="cn"), one("Slow", 5, firing=False, region="cn")]

    (alone,) = dry_run(cn, CATALOG, "orders", ())
    assert alone.over == later(15)
    (again,) = dry_run([*cn, one("Slow", 30, region="cn")], CATALOG, "orders", ())
    assert (again.reopened, again.over) == (1, None)
    assert len(dry_run([*cn, one("Slow", 60, region="cn")], CATALOG, "orders", ())) == 2
    (still,) = dry_run([*cn, one("Slow", 12, region="cn")], CATALOG, "orders", ())
    assert (still.reopened, still.over) == (0, None), "back before it was over: the same incident"


def test_the_labels_with_the_fewest_values_are_offered_first() -> None:
    assert dict(labels_seen(HEARD, CATALOG, "orders")) == {"service": 1, "alertname": 2, "region": 2}


async def test_with_the_present_grouping_it_makes_what_really_was() -> None:
    clock = ActedClock(NOON)
    loop = Loop(Memory(), lambda: CATALOG, [], [], clock, "test")
    reception = Reception(loop, lambda: CATALOG, clock)
    for region, name in (("cn", "Slow"), ("eu", "Slow"), ("cn", "Down")):
        await reception.hear([firing(name, service="orders", region=region)])
    await reception.hear([resolved("Slow", service="orders", region="eu")])
    really = await loop.journal.summaries()

    heard = rang([await loop.timeline(summary.incident) for summary in really], NOON)

    would = dry_run(heard, CATALOG, "orders", CATALOG.services["orders"].group_by)
    assert sorted(summary.key for summary in really) == sorted(f"orders|region={one.group['region']}" for one in would)
