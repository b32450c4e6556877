"""POST /hooks/gitlab, /hooks/github and /hooks/changes, on a whole house: what is told moves the hotfix, and is kept in any case."""

from __future__ import annotations

import hashlib
import hmac
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from kuaihui.app.clocks import ActedClock
from kuaihui.app.settings import Settings
from kuaihui.app.web.acting import act
from kuaihui.app.web.doors import doors_of
from kuaihui.app.wiring import House, house
from kuaihui.incident.trains import trains
from kuaihui.intake import signals
from kuaihui.integrations.changes.hook import note_of
from kuaihui.integrations.gitlab.hook import hear
from tests.intake.test_moving import ENDS, NOON

HERE = Path(__file__).parents[1] / "integrations"
Post = Callable[[httpx.AsyncClient, Path], Awaitable[httpx.Response]]
TOKENS = {"changes": "right", "gitlab": "right", "github": "right"}


@asynccontextmanager
async def served() -> AsyncGenerator[tuple[House, httpx.AsyncClient, str]]:
    """A house with the story's incident open, and a hand at its doors."""
    settings = Settings.load(journal={"url": "memory:"}, hooks={"tokens": TOKENS})
    async with house(settings, ActedClock(NOON)) as built:
        incident = await built.reception.declare("config-center", "5xx", 2, "dazhuang")
        transport = httpx.ASGITransport(Starlette(routes=doors_of(built).routes()))
        async with httpx.AsyncClient(transport=transport, base_url="http://house") as hand:
            yield built, hand, incident


async def begin(built: House, incident: str) -> None:
    await act(built, incident, signals.StartHotfix(person="xiaomei", title="加缓存", branch="hotfix/local-cache"))


async def stands(built: House, incident: str) -> dict[str, str]:
    return {gate.stage.id: gate.state for gate in trains(await built.loop.timeline(incident))["H1"].gates}


async def gitlab(hand: httpx.AsyncClient, file: Path) -> httpx.Response:
    return await hand.post(
        "/hooks/gitlab", content=file.read_bytes(), headers={"X-Gitlab-Token": "right", "X-Gitlab-Event-UUID": file.stem}
    )


async def github(hand: httpx.AsyncClient, file: Path) -> httpx.Response:
    body = file.read_bytes()
    signed = "sha256=" + hmac.new(b"right", body, hashlib.sha256).hexdigest()
    event = {"X-GitHub-Event": file.name.partition(".")[0], "X-GitHub-Delivery": file.stem, "Content-Type": "application/json"}
    return await hand.post("/hooks/github", content=body, headers=event | {"X-Hub-Signature-256": signed})


@pytest.mark.parametrize("product, post", [("gitlab", gitlab), ("github", github)], ids=["gitlab", "github"])
@pytest.mark.parametrize("seed", range(2))
async def test_deliveries_out_of_order_and_repeated_move_the_hotfix_alike(product: str, post: Post, seed: int) -> None:
    files = sorted((HERE / product / "payloads").glob("*.json"))
    order = random.Random(seed).sample(files * 2, 2 * len(files))
    async with served() as (built, hand, incident):
        for number, file in enumerate(order):
            if number == seed * 5:
                await begin(built, incident)
            assert (await post(hand, file)).status_code == 200
        notes = await built.journal.standing("change", NOON.replace(hour=0))

        assert await stands(built, incident) == ENDS
        assert len(notes) == len({note.id for note in notes}) <= len(files)


async def test_what_moves_nothing_is_kept_and_answered_with_2xx() -> None:
    async with served() as (built, hand, _):
        answers = [await gitlab(hand, file) for file in sorted((HERE / "gitlab/payloads").glob("*.json"))]
        kept = await built.journal.standing("change", NOON.replace(hour=0))

    assert {answer.status_code for answer in answers} == {200}
    assert [answer.json() for answer in answers if answer.json()["kept"] == 0] == [{"kept": 0}]
    assert len(kept) == len(answers) - 1


async def test_a_door_opens_to_its_token_alone() -> None:
    async with served() as (_, hand, _):
        body = (HERE / "gitlab/payloads/merge_request_open.json").read_bytes()
        wrong = [
            await hand.post("/hooks/gitlab", content=body),
            await hand.post("/hooks/gitlab", content=body, headers={"X-Gitlab-Token": "wrong"}),
            await hand.post("/hooks/github", content=body, headers={"X-GitHub-Event": "pull_request"}),
            await hand.post("/hooks/github", content=body, headers={"X-Hub-Signature-256": "sha256=00"}),
        ]

    assert {answer.status_code for answer in wrong} == {401}


async def test_a_pipeline_of_any_kind_moves_it_by_the_same_words() -> None:
    async with served() as (built, hand, incident):
        await begin(built, incident)
        right = {"Authorization": "Bearer right"}
        told = {"title": "deploy", "branch": "hotfix/local-cache", "environment": "pre-production", "id": "7"}
        failed = await hand.post("/hooks/changes", json=told | {"status": "failed", "at": "2023-03-11T03:50:00Z"}, headers=right)
        before = await stands(built, incident)
        await hand.post("/hooks/changes", json=told | {"status": "success", "at": "2023-03-11T03:55:00Z"}, headers=right)
        await hand.post("/hooks/changes", json=told | {"status": "failed", "at": "2023-03-11T03:50:00Z"}, headers=right)
        after = await stands(built, incident)

    assert failed.json() == {"kept": 1, "moved": {incident: 1}}
    assert (before["pre-production"], after["pre-production"]) == ("failed", "passed")


async def test_what_was_kept_before_a_crash_is_looked_at_when_the_house_is_back(tmp_path: Path) -> None:
    settings = Settings.load(journal={"url": f"sqlite:///{tmp_path}/kuaihui.db"})
    async with house(settings, ActedClock(NOON)) as built:
        incident = await built.reception.declare("config-center", "5xx", 2, "dazhuang")
        await begin(built, incident)
        news = [await _kept_only(built, file) for file in sorted((HERE / "gitlab/payloads").glob("*.json"))]
    async with house(settings, ActedClock(NOON)) as built:
        await built.trains.look()

        assert sum(news) == 11
        assert await stands(built, incident) == ENDS


async def _kept_only(built: House, file: Path) -> int:
    """News that was kept by a house which died before it looked at it."""
    news = hear(file.read_bytes(), NOON)
    for one in news:
        await built.journal.stand(note_of(one, "gitlab", NOON))
    return len(news)
