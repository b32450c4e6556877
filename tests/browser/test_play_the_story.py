"""Three people in three browsers play 小美, 阿茂 and 大壮 through the story by clicking; the others are played by the drill."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
import uvicorn
from playwright.async_api import Browser

from kuaihui.app.drill.shelf import find
from kuaihui.app.drill.virtual import Acting, acting
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
    await seat.page.goto(f"{acted.built.settings.server.reached_at}/drill")
    async with seat.page.expect_navigation():
        await seat.presses(where)
    await seat.page.goto(incident_of(acted))


async def passes(acted: Acting, seat: Seat, gate: str) -> None:
    """Presses “passed” at the gate where the hotfix waits."""
    await seat.page.locator(f"form:has(input[name=gate][value={gate}]) button[value=PassGate]").click()
    await soon(acted, passed(gate))


@dataclass
class Seats:
    dazhuang: Seat
    amao: Seat
    xiaomei: Seat

    @property
    def all(self) -> tuple[Seat, Seat, Seat]:
        return self.dazhuang, self.amao, self.xiaomei


@pytest.mark.timeout(240)
async def test_three_people_play_the_story_by_clicking(drill: Acting, chromium: Browser) -> None:
    address = drill.built.settings.server.reached_at
    seats = Seats(*[await sits_down(chromium, address, phone=phone) for phone in (True, False, False)])
    for seat, name in ((seats.dazhuang, "大壮"), (seats.amao, "阿茂"), (seats.xiaomei, "小美")):
        await plays(seat, address, name)
    assert set(drill.director.played) == {"dazhuang", "amao", "xiaomei"}

    await somebody_is_got(drill, seats)
    await roles_and_the_meeting(drill, seats)
    await proposed_chosen_begun(drill, seats)
    await through_the_gates(drill, seats)
    await until(drill, lambda timeline: timeline.phase is Phase.CLOSED)
    for seat in seats.all:
        await seat.sees("已关闭", "#head")

    timeline = await drill.timeline()
    assert [fact.by for fact in timeline.all(Acknowledged)] == ["dazhuang"]
    assert {"incident-lead": "amao", "recovery-lead": "xiaomei", "communicator": "dazhuang"}.items() <= holders(timeline).items()
    assert "axin" not in {fact.person for fact in timeline.all(Read)}
    assert drill.curves.ratio == 0
    assert [seat.complaints for seat in seats.all] == [[], [], []]


async def somebody_is_got(drill: Acting, seats: Seats) -> None:
    """Chapter 1: the alert, Axin unread for a minute; Dazhuang is paged and takes it on."""
    await until(drill, lambda timeline: _paged(timeline, "dazhuang"))
    for seat in seats.all:
        await seat.page.goto(incident_of(drill))
    await seats.dazhuang.sees("【演练】", "body")
    await seats.dazhuang.presses("接手")
    await soon(drill, lambda timeline: timeline.has(Acknowledged))


async def roles_and_the_meeting(drill: Acting, seats: Seats) -> None:
    """Chapter 2: roles are taken where they are asked for; the absent one's passes on; the meeting is joined."""
    await until(drill, lambda timeline: {"amao", "xiaomei"} <= {fact.person for fact in timeline.all(RoleProposed)})
    for seat, role in ((seats.amao, "incident-lead"), (seats.xiaomei, "recovery-lead")):
        await seat.page.locator(f"#mine form:has(input[value={role}]) button", has_text="我来担任").click()
        await soon(drill, lambda timeline, role=role: role in holders(timeline))
    async with seats.amao.page.expect_navigation():
        await seats.amao.page.locator("[data-join]").click()
    await soon(drill, lambda timeline: "amao" in in_meeting(timeline))
    await seats.amao.page.goto(incident_of(drill))
    await until(drill, lambda timeline: holders(timeline).get("communicator") == "dazhuang")


async def proposed_chosen_begun(drill: Acting, seats: Seats) -> None:
    """Chapter 3: Xiaomei proposes, Amao chooses, Xiaomei begins the hotfix."""
    await seats.xiaomei.page.locator("#propose summary").click()
    await seats.xiaomei.page.fill("#p-what", "读路径加一层进程内缓存")
    await seats.xiaomei.presses("提出方案")
    mine = seats.amao.page.locator(".proposals li", has_text="读路径加一层进程内缓存")
    await mine.get_by_role("button", name="就这么办").click()
    await soon(drill, lambda timeline: timeline.has(ProposalChosen))
    await seats.xiaomei.page.get_by_role("button", name="开始热修复").click()


async def through_the_gates(drill: Acting, seats: Seats) -> None:
    """Chapters 4 and 5: people's gates by a button, the pipeline's by its news, the tester's by the drill; verified once it is back."""
    xiaomei = seats.xiaomei
    for seat, gate in ((xiaomei, "code"), (xiaomei, "unit-tests"), (seats.amao, "review")):
        await passes(drill, seat, gate)
    await releases(drill, xiaomei, "预发布")
    await until(drill, passed("test"))
    await releases(drill, xiaomei, "灰度")
    await until(drill, reached("canary"))
    await passes(drill, xiaomei, "canary")
    await releases(drill, xiaomei, "全量")
    await until(drill, reached("full"))
    await passes(drill, xiaomei, "full")
    await until(drill, lambda timeline: timeline.has(ObservationStarted))
    if not (await drill.timeline()).has(HotfixFinished):
        await passes(drill, xiaomei, "verified")


def incident_of(drill: Acting) -> str:
    return f"{drill.built.settings.server.reached_at}/incidents/{drill.director.incident}"


def _paged(timeline: Timeline, person: str) -> bool:
    return any(f"/{person}/" in identity for identity in timeline.orders if identity.startswith("Page/"))
