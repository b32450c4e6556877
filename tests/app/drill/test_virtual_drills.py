"""Every drill in virtual time: the cause is found or honestly unknown, people are got, the fix is followed, the recovery is proved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import msgspec
import pytest

from kuaihui.app.drill.act import graded
from kuaihui.app.drill.ending import differences
from kuaihui.app.drill.shelf import find, folders
from kuaihui.app.drill.virtual import Acting, act_through, acting
from kuaihui.briefing.grade import Grade, confirmed_cause
from kuaihui.incident.alerts import Reopened
from kuaihui.incident.pages import Acknowledged, Ordered, Read
from kuaihui.incident.phases import Phase
from kuaihui.incident.recovery import WELL, Closed, ObservationStarted, RecoveryMeasured
from kuaihui.incident.repair import RECOVERED, GateMeasured, GatePassed, HotfixFinished, HotfixStarted
from kuaihui.incident.room import DocumentCreated, Reacted
from kuaihui.incident.timeline import Timeline
from kuaihui.orders import Page
from tests.app.web.acted import SAMPLE

GATES = ["code", "unit-tests", "review", "pre-production", "test", "canary", "full", "verified"]


@dataclass
class Acted:
    timeline: Timeline
    grade: Grade
    summaries: int
    pages: int


async def acted_out(name: str, seed: int = 1) -> Acted:
    script = find(name)
    async with acting(script, SAMPLE, seed=seed) as acted:
        timeline = await act_through(acted)
        summaries = await acted.built.journal.summaries()
        assert all(summary.drill for summary in summaries)
        return Acted(timeline, graded(script, timeline, acted.built.catalog, seed), len(summaries), await _pages(acted))


async def _pages(acted: Acting) -> int:
    timelines = [await acted.built.loop.timeline(summary.incident) for summary in await acted.built.journal.summaries()]
    return sum(isinstance(fact.order, Page) for timeline in timelines for fact in timeline.all(Ordered))


@pytest.mark.parametrize("name", sorted(folders()))
async def test_a_drill_ends_well(name: str) -> None:
    script = find(name)
    acted = await acted_out(name)
    timeline = acted.timeline

    assert not list(differences(script.expected, timeline, acted.pages))
    assert confirmed_cause(timeline) == script.expected.cause
    assert timeline.has(Acknowledged), "somebody was got"
    assert timeline.phase is Phase.CLOSED
    assert bool(timeline.all(Reopened)) is script.expected.reopened
    if script.expected.mended in ("hotfix", "rollback"):
        assert [one.kind for one in timeline.all(HotfixStarted)] == [script.expected.mended]
        assert timeline.has(HotfixFinished)
    if script.expected.pages_at_most:
        assert acted.pages <= script.expected.pages_at_most
    if script.expected.cause:
        assert [one for one in timeline.all(RecoveryMeasured) if one.verdict == WELL and not one.supporting], "proved on the signal"
        assert acted.grade.letter in "AB", acted.grade.off
    drilled = timeline.last(DocumentCreated)
    assert timeline.opened.title.startswith("【演练】")
    assert drilled is not None
    assert drilled.title.startswith("【演练】")
    again = await acted_out(name)
    assert msgspec.json.encode(again.grade) == msgspec.json.encode(acted.grade), "the same seed, the same grade"


async def test_the_story_goes_through_every_gate() -> None:
    acted = await acted_out("config-center-500")

    assert list(dict.fromkeys(fact.gate for fact in acted.timeline.all(GatePassed))) == GATES
    assert {one.role: one.holder for one in acted.grade.roles} == {
        "incident-lead": "amao",
        "recovery-lead": "xiaomei",
        "communicator": "dazhuang",
        "operations": "ayi",
        "tester": "xiaoshuai",
    }
    canary = [fact for fact in acted.timeline.all(GateMeasured) if fact.gate == "canary"]
    assert (canary[0].verdict, canary[0].value) == (RECOVERED, 0.0), "against the pods of everybody"
    assert canary[0].baseline
    assert canary[0].baseline > 0.05
    axin = next(one for one in acted.grade.reached if one.person == "axin")
    assert axin.took_on is None
    closed, read = acted.timeline.all(Closed)[0].at, next(fact.at for fact in acted.timeline.all(Read) if fact.person == "axin")
    assert timedelta(0) < read - closed < timedelta(minutes=1), "he is back as soon as it is all over"
    assert [fact.message for fact in acted.timeline.all(Reacted) if fact.by == "axin"] == ["topic", "document"]


async def test_no_data_is_not_recovery() -> None:
    """The metrics vanish and the alert resolves with them: the observation begins only when the signal is there again, and well."""
    timeline = (await acted_out("quiet-failure")).timeline

    first = timeline.all(ObservationStarted)[0]
    well = next(one for one in timeline.all(RecoveryMeasured) if one.verdict == WELL and not one.supporting)
    assert first.at >= well.at
    assert timeline.all(Closed)[0].at > first.at


async def test_another_seed_gives_another_course() -> None:
    once, other = [(await acted_out("redis-down", seed)).grade for seed in (7, 8)]

    assert once.reached != other.reached
