"""What is left over: whose it is, by which working day, and who is reminded of it; also across a weekend and a public holiday."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

import pytest

from kuaihui.app.weekly import lister
from kuaihui.catalog.load import load
from kuaihui.incident.open_tasks import open_tasks, tasks
from kuaihui.incident.pages import Ordered
from kuaihui.incident.phases import Phase
from kuaihui.incident.tasks import TaskReminded
from kuaihui.intake import signals
from kuaihui.intake.deeds import understand
from kuaihui.integrations.builtin import Builtin
from kuaihui.language import say
from kuaihui.orders import ListTheWeek, MakeTask, Tell
from tests.nights.evidence import Saturday, with_sources
from tests.nights.night import SAMPLE, SHANGHAI, Night


async def over(at: datetime) -> Night:
    """An incident as in the story, opened at this time, engaged, cleared and closed."""
    night = Night(with_sources("logs", "redis", "changes"), at, integrations=[Saturday()])
    await night.rings(0.10)
    await night.acks("axin")
    await night.does(signals.TakeRole(person="xiaomei", role="recovery-lead"))
    await night.passes(minutes=8)
    await night.clears()
    await night.passes(minutes=10)
    assert await night.phase() is Phase.CLOSED
    return night


async def due(night: Night) -> dict[str, tuple[str, str]]:
    """Each task's owner and day."""
    return {
        task.id: (task.owner, f"{task.due.astimezone(SHANGHAI):%a %m-%d %H:%M}")
        for task in tasks(await night.timeline()).values()
        if task.due
    }


async def reminded(night: Night) -> list[tuple[str, str, str]]:
    """When whom of what."""
    facts = (await night.timeline()).all(TaskReminded)
    return [(f"{fact.at.astimezone(SHANGHAI):%a %m-%d %H:%M}", fact.owner, fact.task) for fact in facts]


@pytest.mark.parametrize(
    "opened, root_cause, runbook",
    [
        pytest.param(datetime(2023, 3, 11, 11, 0, tzinfo=SHANGHAI), "Mon 03-13 18:00", "Fri 03-17 18:00", id="the story's Saturday"),
        pytest.param(datetime(2023, 3, 14, 23, 50, tzinfo=SHANGHAI), "Thu 03-16 18:00", "Wed 03-22 18:00", id="closed after midnight"),
        pytest.param(datetime(2023, 4, 28, 20, 0, tzinfo=SHANGHAI), "Thu 05-04 18:00", "Tue 05-09 18:00", id="May holiday"),
        pytest.param(datetime(2023, 9, 28, 20, 0, tzinfo=SHANGHAI), "Sat 10-07 18:00", "Wed 10-11 18:00", id="national day"),
    ],
)
async def test_the_days_are_the_teams_working_days(opened: datetime, root_cause: str, runbook: str) -> None:
    assert await due(await over(opened)) == {"root-cause": ("xiaomei", root_cause), "runbook": ("xiaomei", runbook)}


async def test_reminders_keep_to_working_mornings_across_a_holiday_and_end_with_the_task() -> None:
    night = await over(datetime(2023, 4, 26, 11, 0, tzinfo=SHANGHAI))  # Wednesday before the May holiday
    await night.passes(minutes=60 * 24 * 9)

    assert [one for one in await reminded(night) if one[2] == "root-cause"] == [
        ("Thu 04-27 10:00", "xiaomei", "root-cause"),
        ("Fri 04-28 10:00", "xiaomei", "root-cause"),
        ("Thu 05-04 10:00", "xiaomei", "root-cause"),
        ("Fri 05-05 10:00", "xiaomei", "root-cause"),
    ]
    await night.does(signals.FinishTask(person="xiaomei", task="root-cause"))
    await night.passes(minutes=60 * 24 * 9)
    assert [one for one in await reminded(night) if one[2] == "root-cause"][4:] == []


async def test_a_task_handed_over_reminds_its_new_owner() -> None:
    night = await over(datetime(2023, 3, 11, 11, 0, tzinfo=SHANGHAI))
    await night.does(signals.GiveTask(person="xiaomei", task="root-cause", owner="ayi"))
    await night.passes(minutes=60 * 24 * 2)

    assert [(when, who) for when, who, what in await reminded(night) if what == "root-cause"] == [("Mon 03-13 10:00", "ayi")]


def with_a_list(night: Night) -> Night:
    """The same night, whose workplace lists what is open over all incidents of its journal."""
    night.carried_by(Saturday(), Builtin("http://127.0.0.1:8466", week=lister(night.journal)))
    return night


async def week_notes(night: Night) -> list[tuple[str, str, str]]:
    """When whom with which words, over all incidents."""
    every = [await night.loop.timeline(one.incident) for one in await night.journal.summaries()]
    given = [(fact.at, fact.order) for timeline in every for fact in timeline.all(Ordered)]
    told = [(at, order) for at, order in given if isinstance(order, Tell) and order.about.startswith("week")]
    return sorted((f"{at.astimezone(SHANGHAI):%m-%d %a %H:%M}", order.person, say(order.words, "zh")) for at, order in told)


async def test_everything_open_over_all_incidents_is_in_one_note_a_week_to_each_owner() -> None:
    night = with_a_list(await over(datetime(2023, 3, 11, 11, 0, tzinfo=SHANGHAI)))
    first = await night.incident()
    await night.rings(0.10, service="gateway", name="GatewayLatencyHigh")
    gateway = await night.incident()
    await night.does(signals.DeclareFalseAlarm(person="amao", reason="压测"))
    for incident, task, owner in ((gateway, "t1", "xiaomei"), (gateway, "t2", "ayi"), (first, "t3", "ayi")):
        deed = signals.MakeTask(person="amao", task=task, title=f"{task} 扩容", owner=owner)
        await night.loop.hear(incident, lambda timeline, deed=deed: understand(deed, timeline, night.catalog, night.now))
    await night.passes(minutes=60 * 24 * 12)
    notes = await week_notes(night)

    assert [note[:2] for note in notes] == [(day, who) for day in ("03-13 Mon 10:00", "03-20 Mon 10:00") for who in ("ayi", "xiaomei")]
    assert notes[1][2].splitlines() == [
        "你未完成的待办共 3 项：",
        "- 查清根因：Redis 存在热 key，03-13 前完成（Gateway5xxRatioHigh）",
        "- 补充预案：“Gateway5xxRatioHigh”没有适用的预案，03-17 前完成（Gateway5xxRatioHigh）",
        "- t1 扩容（GatewayLatencyHigh）",
    ]
    assert "t2" in notes[0][2]
    assert "t3" in notes[0][2]
    assert "03-13 已到期" in notes[3][2]


async def test_a_week_without_anything_open_has_no_note() -> None:
    night = with_a_list(await over(datetime(2023, 3, 11, 11, 0, tzinfo=SHANGHAI)))
    for task in ("root-cause", "runbook"):
        await night.does(signals.FinishTask(person="xiaomei", task=task))
    await night.passes(minutes=60 * 24 * 12)

    assert await week_notes(night) == []


async def test_the_week_is_written_once_however_many_ask_and_however_often() -> None:
    night = with_a_list(await over(datetime(2023, 3, 11, 11, 0, tzinfo=SHANGHAI)))
    week, order = lister(night.journal), ListTheWeek(occasion=1, person="xiaomei", week="2023-W11")
    first, other = await night.incident(), "another"

    assert [bool(await week(order, incident, night.now)) for incident in (first, other, first)] == [True, False, True]
    assert len((await week(order, first, night.now) or pytest.fail("nothing")).tasks) == 2


async def test_what_a_person_gave_away_is_not_given_twice() -> None:
    night = Night(with_sources("logs", "redis"), integrations=[Saturday()])
    await night.rings(0.10)
    await night.acks("axin")
    await night.does(signals.MakeTask(person="amao", task="t1", title="热 key 根因", owner="xiaomei"))
    await night.clears()
    await night.passes(minutes=10)

    assert [task.id for task in open_tasks(await night.timeline())] == ["t1", "runbook"]


async def test_each_task_is_carried_to_its_owner_once() -> None:
    night = await over(datetime(2023, 3, 11, 11, 0, tzinfo=SHANGHAI))
    await night.passes(minutes=60)
    made = [fact.order.task for fact in (await night.timeline()).all(Ordered) if isinstance(fact.order, MakeTask)]

    assert sorted(made) == ["root-cause", "runbook"]


async def test_a_false_alarm_leaves_nothing_over() -> None:
    night = Night()
    await night.rings(0.10)
    await night.does(signals.DeclareFalseAlarm(person="axin", reason="压测"))
    await night.passes(minutes=60 * 24 * 3)

    assert tasks(await night.timeline()) == {}


async def test_the_draft_of_the_runbook_is_one_that_the_catalog_takes(tmp_path: Path) -> None:
    night = await over(datetime(2023, 3, 11, 11, 0, tzinfo=SHANGHAI))
    draft = tasks(await night.timeline())["runbook"].draft
    folder = shutil.copytree(SAMPLE, tmp_path / "catalog")
    (folder / "runbooks" / "drafted.md").write_text(draft, encoding="utf-8")
    runbook = load(folder).runbooks["drafted"]

    assert runbook.services == ("config-center",)
    assert runbook.symptoms.signatures == (r"redis:\ connection\ pool\ timeout",)
    assert runbook.symptoms.labels == ('alertname="Gateway5xxRatioHigh"',)
    assert "Redis 存在热 key" in draft
    assert "hot key: config:shared" in draft


async def test_a_task_without_a_day_is_reminded_of_on_the_next_working_morning() -> None:
    night = Night()
    await night.rings(0.10)
    await night.acks("axin")
    await night.does(signals.MakeTask(person="amao", task="t1", title="补监控", owner="ayi"))
    await night.passes(minutes=60 * 24 * 2)

    assert ("Mon 03-13 10:00", "ayi", "t1") in await reminded(night)
