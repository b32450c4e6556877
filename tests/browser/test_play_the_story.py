"""Three people in three browsers play 小美, 阿茂 and 大壮 through the story by clicking; the others are played by the drill."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import uvicorn
from playwright.async_api import Browser

from kuaihui.app.drill.shelf import find
from kuaihui.app.drill.virtual import Acting, acting
from kuaihui.incident.alerts import Opened
from kuaihui.incident.holders import holders, in_meeting
from kuaihui.incident.pages import Acknowledged, Read
from kuaihui.incident.phases import Phase
from kuaihui.incident.recovery import ObservationStarted
from kuaihui.incident.repair import GatePassed, GateReached, HotfixFinished, ProposalChosen
from kuaihui.incident.roles import RoleProposed
from kuaihui.incident.timeline import Timeline
from tests.app.web.acted import SAMPLE
from tests.browser.people import Seat, sits_down

MOST_STEPS = 600
Case = Callable[[Timeline], bool]


@pytest.fixture
async def drill(free_port: int) -> AsyncIterator[Acting]:
    """The story's drill in virtual time, its pages on loopback."""
    async with acting(find("config-center-500"), SAMPLE, port=free_port) as acted, served(acted, free_port):
        yield acted


@asynccontextmanager
async def served(acted: Acting, port: int) -> AsyncIterator[None]:
    server = uvicorn.Server(uvicorn.Config(acted.app, port=port, log_level="error", lifespan="off", timeout_graceful_shutdown=1))
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  # uvicorn tells it by no event
        await asyncio.sleep(0.02)
    try:
        yield
    finally:
        await acted.app.state.watchers.close()
        server.should_exit = server.force_exit = True
        await task


async def until(acted: Acting, case: Case) -> None:
    """Let the drill's time pass until something is so."""
    for _ in range(MOST_STEPS):
        if acted.director.incident and case(await acted.timeline()):
            return
        assert await acted.go_on(), "the drill is over before that"
    raise AssertionError("it never is so")


def passed(gate: str) -> Case:
    return lambda timeline: any(fact.gate == gate for fact in timeline.all(GatePassed))


def reached(gate: str) -> Case:
    return lambda timeline: any(fact.gate == gate for fact in timeline.all(GateReached))


async def soon(acted: Acting, case: Case) -> None:
    """What was just clicked has arrived: waits for the server, not for the drill's time."""
    for _ in range(400):
        if case(await acted.timeline()):
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the click did not arrive")


async def plays(seat: Seat, address: str, name: str) -> None:
    """Takes a part from the drill's page."""
    await seat.page.goto(f"{address}/drill")
    await seat.presses(f"我来演{name}")
    await seat.page.locator(".who", has_text=name).first.wait_for()


async def releases(acted: Acting, seat: Seat, where: str) -> None:
    """Presses a button of the pipeline, and comes back to the incident."""
    address = acted.built.settings.server.reached_at
    await seat.page.goto(f"{address}/drill")
    await seat.presses(where)
    await seat.page.wait_for_url(f"{address}/drill")
    await seat.page.goto(f"{address}/incidents/{acted.director.incident}")


async def passes(acted: Acting, seat: Seat, gate: str) -> None:
    """Presses “passed” at the gate where the hotfix waits."""
    await seat.page.locator(f"form:has(input[name=gate][value={gate}]) button[value=PassGate]").click()
    await soon(acted, passed(gate))


@pytest.mark.timeout(240)
async def test_three_people_play_the_story_by_clicking(drill: Acting, chromium: Browser) -> None:  # noqa: PLR0915  # one story
    address = drill.built.settings.server.reached_at
    dazhuang, amao, xiaomei = [await sits_down(chromium, address, phone=phone) for phone in (True, False, False)]
    for seat, name in ((dazhuang, "大壮"), (amao, "阿茂"), (xiaomei, "小美")):
        await plays(seat, address, name)
    assert set(drill.director.played) == {"dazhuang", "amao", "xiaomei"}

    # 1: the alert, Axin unread for a minute, Dazhuang is paged and takes it on.
    await until(drill, lambda timeline: timeline.has(Opened))
    incident = f"{address}/incidents/{drill.director.incident}"
    await until(drill, lambda timeline: _paged(timeline, "dazhuang"))
    for seat in (dazhuang, amao, xiaomei):
        await seat.page.goto(incident)
    await dazhuang.sees("【演练】", "body")
    await dazhuang.presses("接手")
    await soon(drill, lambda timeline: timeline.has(Acknowledged))

    # 2: roles and the meeting.
    await until(drill, lambda timeline: {"amao", "xiaomei"} <= {fact.person for fact in timeline.all(RoleProposed)})
    for seat, role in ((amao, "incident-lead"), (xiaomei, "recovery-lead")):
        await seat.page.locator(f"#mine form:has(input[value={role}]) button", has_text="我来担任").click()
        await soon(drill, lambda timeline, role=role: role in holders(timeline))
    async with amao.page.expect_navigation():
        await amao.page.locator("[data-join]").click()
    await soon(drill, lambda timeline: "amao" in in_meeting(timeline))
    await amao.page.goto(incident)
    await until(drill, lambda timeline: holders(timeline).get("communicator") == "dazhuang")

    # 3: proposed, chosen, begun.
    await xiaomei.page.locator("#propose summary").click()
    await xiaomei.page.fill("#p-what", "读路径加一层进程内缓存")
    await xiaomei.presses("提出方案")
    mine = amao.page.locator(".proposals li", has_text="读路径加一层进程内缓存")
    await mine.get_by_role("button", name="就这么办").click()
    await soon(drill, lambda timeline: timeline.has(ProposalChosen))
    await xiaomei.page.get_by_role("button", name="开始热修复").click()

    # 4: through the gates: people's by a button, the pipeline's by its news, the tester's by the drill.
    for seat, gate in ((xiaomei, "code"), (xiaomei, "unit-tests"), (amao, "review")):
        await passes(drill, seat, gate)
    await releases(drill, xiaomei, "预发布")
    await until(drill, passed("test"))
    await releases(drill, xiaomei, "灰度")
    await until(drill, reached("canary"))
    await passes(drill, xiaomei, "canary")
    await releases(drill, xiaomei, "全量")
    await until(drill, reached("full"))
    await passes(drill, xiaomei, "full")

    # 5: the signal is back; verified, observed, closed.
    await until(drill, lambda timeline: timeline.has(ObservationStarted))
    if not (await drill.timeline()).has(HotfixFinished):
        await passes(drill, xiaomei, "verified")
    await until(drill, lambda timeline: timeline.phase is Phase.CLOSED)
    for seat in (dazhuang, amao, xiaomei):
        await seat.sees("已关闭", "#head")

    timeline = await drill.timeline()
    assert [fact.by for fact in timeline.all(Acknowledged)] == ["dazhuang"]
    assert {"incident-lead": "amao", "recovery-lead": "xiaomei", "communicator": "dazhuang"}.items() <= holders(timeline).items()
    assert "axin" not in {fact.person for fact in timeline.all(Read)}
    assert drill.curves.ratio == 0
    assert (dazhuang.complaints, amao.complaints, xiaomei.complaints) == ([], [], [])


def _paged(timeline: Timeline, person: str) -> bool:
    return any(f"/{person}/" in identity for identity in timeline.orders if identity.startswith("Page/"))
