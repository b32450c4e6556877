"""On real parts, without a person: the right cause comes first, a hot key is confirmed where there is one, and claimed nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from kuaihui.app.drill.stage.descriptions import BY_NAME
from kuaihui.app.drill.stage.installed import find
from kuaihui.incident.evidence import ChangesListed, LogsSearched, MetricsRead, RedisInspected
from kuaihui.incident.room import MessagePosted
from kuaihui.incident.thinking import ChangeSuspected, EvidenceWeighed, GuideConcluded, GuideStepTaken, NoRunbookFits, RunbooksMatched
from tests.app.drill.first_look import CAUSES, HOT, HOT_KEY, on_stage

# A stage takes about ten seconds to stand and ten more to break; on a machine that others use, several times that.
pytestmark = pytest.mark.timeout(240)
NAMED = 60.0  # seconds
needs_the_real_parts = pytest.mark.skipif(not find(own_parts=False).prometheus, reason="needs prometheus")


@needs_the_real_parts
async def test_the_hot_key_is_confirmed_with_its_evidence_in_the_topic(tmp_path: Path) -> None:
    async with on_stage(BY_NAME[HOT], tmp_path) as staged:
        seen = await staged.look(level=1)
    timeline = seen.timeline

    assert (seen.first, seen.confirmed) == (HOT_KEY, {HOT_KEY})
    assert seen.confirmed_in is not None
    assert seen.confirmed_in < NAMED
    assert [(step.step, step.holds) for step in timeline.all(GuideStepTaken)] == [("errors", True), ("redis", True)]
    assert [end.cause for end in timeline.all(GuideConcluded)] == [HOT_KEY]
    assert timeline.has(NoRunbookFits)
    hot = [key for key in timeline.all(RedisInspected)[-1].findings if key.kind == "hot key"]
    assert hot[0].key == "config:shared"
    weighed = [timeline.facts[one.number] for one in timeline.all(EvidenceWeighed) if one.hypothesis == HOT_KEY]
    assert {LogsSearched, RedisInspected} <= {type(fact) for fact in weighed}
    shown = [fact for fact in timeline.all(MessagePosted) if fact.message.startswith("ShowEvidence/")]
    assert {type(timeline.facts[int(fact.message.split("/")[1])]) for fact in shown if fact.pictures} >= {
        MetricsRead,
        LogsSearched,
        RedisInspected,
    }


@pytest.mark.parametrize("name", [name for name in CAUSES if name != HOT])
async def test_another_fault_has_its_own_cause_first_and_no_hot_key_is_claimed(name: str, tmp_path: Path) -> None:
    async with on_stage(BY_NAME[name], tmp_path) as staged:
        seen = await staged.look(level=1)

    assert seen.first == CAUSES[name], seen.ranked
    assert seen.confirmed <= {CAUSES[name]}
    assert not seen.hot_key_claimed
    if name == "bad-deploy":
        (suspect, *_) = seen.timeline.all(ChangeSuspected)
        assert suspect.title == "config-center v1.9.0 → full"
        assert seen.timeline.last(ChangesListed) is not None
    if name == "redis-down":
        assert [one.runbook for fact in seen.timeline.all(RunbooksMatched) for one in fact.fitting] == ["redis-unreachable"]
