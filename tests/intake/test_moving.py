"""News of changes moves a hotfix the same way in whatever order it comes, however often, before or after the hotfix was begun."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.hotfixes import STAGES, Evidence, Hotfix
from kuaihui.incident.fact import Fact
from kuaihui.incident.repair import HotfixLinked, HotfixStarted
from kuaihui.incident.timeline import Timeline
from kuaihui.incident.trains import trains
from kuaihui.intake import signals
from kuaihui.intake.deeds import understand
from kuaihui.intake.movements import Movement, outcome_of
from kuaihui.intake.moving import moves
from kuaihui.integrations.github import hook as github
from kuaihui.integrations.gitlab import hook as gitlab
from tests.duties.so_far import CATALOG, after, opened
from tests.nights.gauge import with_hotfix

HERE = Path(__file__).parents[1] / "integrations"
NOON = datetime(2023, 3, 11, 4, 0, tzinfo=UTC)
PROJECTS = Hotfix(projects=("platform/config-center",))
# What is left to people and to measuring: nothing tells of it.
ENDS = {
    "code": "passed",
    "unit-tests": "passed",
    "review": "passed",
    "pre-production": "passed",
    "test": "waiting",
    "canary": "reached",
    "full": "reached",
    "verified": "waiting",
}


@cache
def told(product: str) -> tuple[Movement, ...]:
    """Everything that one product tells of the story's hotfix."""
    found: list[Movement] = []
    for file in sorted((HERE / product / "payloads").glob("*.json")):
        headers = {"x-github-event": file.name.partition(".")[0], "content-type": "application/json"}
        found += gitlab.hear(file.read_bytes(), NOON) if product == "gitlab" else github.hear(file.read_bytes(), headers, NOON)
    return tuple(found)


def begun(catalog: Catalog = CATALOG, minutes: float = 15, **more: str) -> Timeline:
    """An incident with the story's hotfix, begun by a word."""
    deed = signals.StartHotfix(person="xiaomei", title="加缓存", **({"branch": "hotfix/local-cache"} | more))
    return opened(*understand(deed, opened(), catalog, after(minutes)))


def lived(timeline: Timeline, arrivals: list[Movement], catalog: Catalog = CATALOG, *, may_start: bool = False) -> Timeline:
    """The timeline after this news has come, one after the other, an instant apart."""
    for number in range(1, len(arrivals) + 1):
        now = NOON + timedelta(seconds=number)
        timeline = timeline.extended(moves(timeline, catalog, arrivals[:number], now, may_start=may_start))
    return timeline


def stands(timeline: Timeline, hotfix: str = "H1") -> dict[str, str]:
    return {gate.stage.id: gate.state for gate in trains(timeline)[hotfix].gates}


def words(timeline: Timeline, hotfix: str = "H1") -> dict[str, tuple[str, datetime]]:
    """The last word on each gate: its evidence, and when it was so."""
    return {gate.stage.id: (gate.word.evidence, gate.word.so_since) for gate in trains(timeline)[hotfix].gates if gate.word}


@pytest.mark.parametrize("product", ["gitlab", "github"])
def test_the_storys_news_moves_the_hotfix_to_its_end(product: str) -> None:
    assert stands(lived(begun(), sorted(told(product), key=lambda one: one.at))) == ENDS


@pytest.mark.parametrize("product", ["gitlab", "github"])
@given(st.data())
def test_any_order_and_any_repeats_end_alike(product: str, data: st.DataObject) -> None:
    every = told(product)
    arrivals = data.draw(st.permutations(every))
    again = data.draw(st.lists(st.sampled_from(every), max_size=6))
    mixed = data.draw(st.permutations([*arrivals, *again]))
    timeline, straight = lived(begun(), mixed), lived(begun(), sorted(every, key=lambda one: one.at))

    assert stands(timeline) == ENDS
    assert words(timeline) == words(straight)


@given(st.permutations(told("gitlab")), st.integers(0, len(told("gitlab"))))
def test_it_does_not_matter_when_the_hotfix_is_begun(arrivals: list[Movement], heard_before: int) -> None:
    """What was told before somebody said that there is a hotfix is kept, and counts."""
    timeline = begun().extended(moves(begun(), CATALOG, arrivals[:heard_before], NOON))

    assert stands(lived(timeline, arrivals)) == ENDS


@given(st.permutations(told("gitlab")))
def test_a_merge_request_from_a_hotfix_branch_begins_a_hotfix_by_itself(arrivals: list[Movement]) -> None:
    timeline = lived(opened(), arrivals, with_hotfix(CATALOG, PROJECTS), may_start=True)

    assert list(trains(timeline)) == ["!42"]
    assert stands(timeline, "!42") == ENDS


def test_a_hotfix_begun_by_a_word_is_linked_to_the_merge_request_instead_of_a_second_one() -> None:
    catalog = with_hotfix(CATALOG, PROJECTS)
    timeline = lived(begun(catalog, branch=""), list(told("gitlab")), catalog, may_start=True)

    assert [fact.link for fact in timeline.all(HotfixLinked)] == ["https://git.example.org/platform/config-center/-/merge_requests/42"]
    assert len(timeline.all(HotfixStarted)) == 1
    assert stands(timeline) == ENDS


def test_another_projects_branch_of_the_same_name_is_not_ours() -> None:
    catalog = with_hotfix(CATALOG, Hotfix(projects=("platform/gateway",)))

    assert set(stands(lived(begun(catalog), list(told("gitlab")), catalog)).values()) == {"waiting"}


def test_commits_pushed_after_the_pipeline_want_it_anew() -> None:
    news = {(one.kind, one.outcome): one for one in told("gitlab") if one.kind != "deployment"}
    passed = news["pipeline", "passed"]
    pushed = msgspec.structs.replace(news["merge_request", "pushed"], at=passed.at + timedelta(minutes=1))
    arrivals = [news["merge_request", "opened"], passed, pushed]

    assert stands(lived(begun(), arrivals))["unit-tests"] == "failed"
    assert stands(lived(begun(), [*reversed(arrivals)]))["unit-tests"] == "failed"


def news(kind: str, minutes: float, **more: object) -> Movement:
    """News in a pipeline's own words, as POST /hooks/changes takes it."""
    given = {"id": f"{kind}-{minutes}", "service": "config-center", "source": "changes", "outcome": "passed"} | more
    return Movement(kind=kind, at=after(minutes), **given)  # type: ignore[arg-type]  # as a test sets them


def test_what_names_no_change_is_of_the_services_only_hotfix() -> None:
    one = begun(branch="")
    two = one.extended(understand(signals.StartHotfix(person="amao", title="另一个"), one, CATALOG, after(16)))
    deployed = [news("deployment", 20, environment="pre-production")]

    assert stands(lived(one, deployed))["pre-production"] == "passed"
    assert set(stands(lived(two, deployed)).values()) == {"waiting"}
    assert stands(lived(two, [news("deployment", 20, environment="staging", hotfix="H2")]), "H2")["pre-production"] == "passed"


def test_what_happened_before_the_hotfix_was_begun_is_not_the_services_news_of_it() -> None:
    assert set(stands(lived(begun(branch=""), [news("deployment", 10, environment="pre-production")])).values()) == {"waiting"}


def test_a_rollout_speaks_by_the_same_words() -> None:
    """Argo Rollouts: Paused at a step is the canary, Healthy is all of it, Degraded failed."""
    paused = news("rollout", 20, outcome=outcome_of("Paused"))
    healthy = news("rollout", 25, outcome=outcome_of("Healthy"))
    degraded = news("rollout", 30, outcome=outcome_of("Degraded"))

    assert stands(lived(begun(branch=""), [paused]))["canary"] == "reached"
    assert stands(lived(begun(branch=""), [healthy, paused]))["full"] == "reached"
    assert "failed" in stands(lived(begun(branch=""), [paused, degraded])).values()


def test_news_of_the_service_counts_for_a_gate_that_says_so() -> None:
    """A pipeline of the trunk names commits we do not know; a gate may want it all the same."""
    built = news("pipeline", 20, branch="main", commits=("1234567890",))
    any_pipeline = {"passes": (Evidence(on="pipeline", of="service"),)}
    loose = tuple(stage.model_copy(update=any_pipeline if stage.id == "unit-tests" else {}) for stage in STAGES)
    catalog = with_hotfix(CATALOG, Hotfix(stages=loose))

    assert stands(lived(begun(branch=""), [built]))["unit-tests"] == "waiting"
    assert stands(lived(begun(catalog, branch=""), [built], catalog))["unit-tests"] == "passed"


def test_a_person_may_link_a_hotfix_later() -> None:
    timeline = begun(branch="")
    link = signals.LinkHotfix(person="xiaomei", link="https://git.example.org/platform/config-center/-/merge_requests/42/diffs")
    linked: list[Fact] = understand(link, timeline, CATALOG, after(20))

    assert stands(lived(timeline.extended(linked), list(told("gitlab")))) == ENDS


@pytest.mark.parametrize(
    "word, outcome",
    [("SUCCESS", "passed"), ("Timed Out", "failed"), ("in-progress", "started"), ("Paused", "canary"), ("inactive", ""), ("", "")],
)
def test_a_products_word_is_one_of_ours_or_none(word: str, outcome: str) -> None:
    assert outcome_of(word) == outcome


def test_a_merge_nobody_was_asked_to_approve_passes_the_review() -> None:
    merged = [one for one in told("gitlab") if one.outcome == "merged"]

    assert {gate: state for gate, state in stands(lived(begun(), merged)).items() if state != "waiting"} == {
        "code": "passed",
        "review": "passed",
    }


def test_a_request_that_is_closed_without_a_merge_fails_the_code() -> None:
    opened_, merged = (next(one for one in told("gitlab") if one.outcome == outcome) for outcome in ("opened", "merged"))
    closed = msgspec.structs.replace(merged, outcome="closed")

    assert stands(lived(begun(), [closed, opened_]))["code"] == "failed"
