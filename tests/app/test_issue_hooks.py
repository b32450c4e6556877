"""An issue closed or re-opened in GitLab or GitHub finishes or re-opens its task, out of order and repeated; and the other way round."""

from __future__ import annotations

import hashlib
import hmac
import itertools
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from kuaihui.app.clocks import ActedClock
from kuaihui.app.settings import Settings
from kuaihui.app.web.acting import act
from kuaihui.app.web.doors import doors_of
from kuaihui.app.wiring import House, house
from kuaihui.incident.fact import Fact
from kuaihui.incident.open_tasks import open_tasks
from kuaihui.incident.tasks import TaskDone, TaskLinked, TaskReopened
from kuaihui.intake import signals
from kuaihui.language import say
from tests.intake.test_moving import NOON

HERE = Path(__file__).parents[1] / "integrations"
LINKS = {
    "gitlab": "https://gitlab.example.org/platform/config-center/-/issues/17",
    "github": "https://github.com/platform/config-center/issues/17",
}


@dataclass
class Stage:
    """A house with one task, its issue in one product, and a hand at that product's door."""

    built: House
    hand: httpx.AsyncClient
    product: str
    incident: str

    async def tells(self, name: str, **changed: str) -> httpx.Response:
        """The product tells what became of the issue."""
        body = (HERE / self.product / "issue_payloads" / f"{name}.json").read_text().replace("INCIDENT", self.incident)
        for what, into in changed.items():
            body = body.replace(what, into)
        signed = "sha256=" + hmac.new(b"right", body.encode(), hashlib.sha256).hexdigest()
        shown = {"X-Gitlab-Token": "right", "X-GitHub-Event": "issues", "X-Hub-Signature-256": signed, "Content-Type": "application/json"}
        answer = await self.hand.post(f"/hooks/{self.product}", content=body.encode(), headers=shown)
        assert answer.status_code == 200
        return answer

    async def linked(self, link: str = "") -> None:
        """The task is carried to its issue."""
        fact = TaskLinked(at=NOON, by=f"{self.product}.main", task="root-cause", reference="17", link=link or LINKS[self.product])
        await self.built.loop.hear(self.incident, lambda _: [fact])

    async def facts(self) -> list[Fact]:
        """What the task's end and beginning anew were, in order."""
        timeline = await self.built.loop.timeline(self.incident)
        return [fact for fact in timeline if isinstance(fact, TaskDone | TaskReopened)]

    async def is_open(self) -> bool:
        return bool(open_tasks(await self.built.loop.timeline(self.incident)))


@pytest.fixture(params=["gitlab", "github"])
async def stage(request: pytest.FixtureRequest) -> AsyncGenerator[Stage]:
    async with staged(request.param) as made:
        yield made


@asynccontextmanager
async def staged(product: str) -> AsyncGenerator[Stage]:
    settings = Settings.load(journal={"url": "memory:"}, hooks={"tokens": {"gitlab": "right", "github": "right"}})
    async with house(settings, ActedClock(NOON)) as built:
        incident = await built.reception.declare("config-center", "5xx", 2, "dazhuang")
        await act(built, incident, signals.MakeTask(person="amao", task="root-cause", title="热 key 根因", owner="xiaomei"))
        transport = httpx.ASGITransport(Starlette(routes=doors_of(built).routes()))
        async with httpx.AsyncClient(transport=transport, base_url="http://house") as hand:
            yield Stage(built, hand, product, incident)


async def test_a_closed_issue_finishes_its_task_once_however_often_it_is_told(stage: Stage) -> None:
    await stage.linked()
    answers = [await stage.tells("close") for _ in range(3)]
    (done,) = await stage.facts()

    assert answers[0].json() == {"kept": 1, "moved": {stage.incident: 1}}
    assert answers[1].json() == {"kept": 1}
    assert isinstance(done, TaskDone)
    assert (done.by, done.source, done.author) == ("ayi", stage.product, "ayi")
    assert say(done.said, "zh", {"ayi": "阿义"}) == f"待办“热 key 根因”已完成：阿义在 {stage.product} 关闭了它的 issue"
    assert not await stage.is_open()


async def test_a_stranger_is_told_by_the_name_that_the_product_has_for_them(stage: Stage) -> None:
    await stage.linked()
    await stage.tells("close", **{'"ayi"': '"octo"'})
    (done,) = await stage.facts()

    assert done.by == stage.product
    assert say(done.said, "en") == f"the task “热 key 根因” is finished: octo closed its issue in {stage.product}"


async def test_a_reopened_issue_opens_its_task_again(stage: Stage) -> None:
    await stage.linked()
    await stage.tells("close")
    await stage.tells("reopen")

    assert [type(fact) for fact in await stage.facts()] == [TaskDone, TaskReopened]
    assert await stage.is_open()


@pytest.mark.parametrize("order", [*itertools.permutations(("close", "reopen", "close"))], ids="-".join)
async def test_news_that_comes_late_changes_nothing(stage: Stage, order: Sequence[str]) -> None:
    await stage.linked()
    for name in order:
        await stage.tells(name)

    assert await stage.is_open()  # by the product's own clock it was re-opened last


async def test_an_issue_that_is_closed_before_we_know_its_address_counts(stage: Stage) -> None:
    await stage.tells("close")
    await stage.linked()

    assert not await stage.is_open()


async def test_a_copy_of_an_issue_says_nothing_of_the_task(stage: Stage) -> None:
    await stage.linked("https://elsewhere.example.org/issues/99")
    await stage.tells("close")

    assert await stage.facts() == []


async def test_what_is_finished_here_can_be_opened_there_again(stage: Stage) -> None:
    await stage.linked()
    await act(stage.built, stage.incident, signals.FinishTask(person="xiaomei", task="root-cause"))
    await stage.tells("close")  # what our own closing of the issue brings back
    await stage.tells("reopen")

    assert [fact.by for fact in await stage.facts()] == ["xiaomei", "ayi"]
    assert await stage.is_open()


async def test_an_issue_that_is_no_task_is_of_no_use(stage: Stage) -> None:
    answers = [
        await stage.tells("close", kuaihui="other"),
        await stage.tells("update"),
        await stage.tells("close", **{stage.incident: "none"}),
    ]

    assert [answer.json() for answer in answers] == [{"kept": 0}] * 3
    assert await stage.facts() == []
    assert await stage.built.journal.standing("issue") == []
