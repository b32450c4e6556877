"""What Feishu tells counts once and is never lost: slow journals, duplicates, other orders, restarts, forgeries."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kuaihui.app import feishu_hearing
from kuaihui.emulators.feishu import webhooks
from kuaihui.emulators.feishu.faults import EventFault
from kuaihui.incident.fact import Fact
from kuaihui.incident.pages import Acknowledged, Escalated, Read
from kuaihui.incident.room import MeetingJoined, MeetingLeft, MeetingOpened, MessagePosted, Reacted, TopicOpened
from tests.integrations.feishu.whole_house import (
    ENCRYPT_KEY,
    VERIFICATION,
    Team,
    at_work,
    by_webhook,
    furnished,
    running,
    whole_house,
)

FIRST = "Gateway5xxRatioHigh 网关 5xx 占比 10%"


@pytest.fixture
async def us(tmp_path: Path) -> AsyncIterator[Team]:
    async with whole_house(tmp_path) as made:
        yield made


async def by(us: Team, kind: type[Fact]) -> list[str]:
    return [fact.by for fact in (await us.timeline()).all(kind)]


async def topic(us: Team) -> str:
    found = (await us.timeline()).last(TopicOpened)
    assert found
    return found.reference


class Stuck:
    """A journal that keeps nothing until it is let go."""

    def __init__(self, us: Team, monkeypatch: pytest.MonkeyPatch) -> None:
        self.free = asyncio.Event()
        real = us.house.journal.append

        async def append(appends: Any) -> list[bool]:
            await self.free.wait()
            return await real(appends)

        monkeypatch.setattr(us.house.journal, "append", append)
        monkeypatch.setattr(feishu_hearing, "WITHIN", 0.3)


async def test_a_pressed_card_is_answered_in_time_whatever_the_journal_does(us: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    await us.alarm(FIRST)
    card, stuck = await us.last_card("axin"), Stuck(us, monkeypatch)
    began = time.monotonic()
    shown = await us.people.post(f"{us.tenant.url}/people/ou_axin/press", json={"message_id": card, "name": "acknowledge"})
    assert "收到" in shown.text
    assert time.monotonic() - began < 3
    stuck.free.set()
    await us.settle()
    assert await by(us, Acknowledged) == ["axin"]


async def test_an_event_that_is_not_kept_in_time_is_sent_again_and_counts_once(us: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    await us.alarm(FIRST)
    hangs_on, stuck = await topic(us), Stuck(us, monkeypatch)
    said = {"reply_to": hangs_on, "in_thread": True, "text": "我来看"}
    await us.people.post(f"{us.tenant.url}/people/ou_dazhuang/say", json=said)
    await us.tenant.settled()
    delivery = us.tenant.desk.deliveries[-1]
    assert (len(delivery.tried), delivery.taken) == (1, 0)
    stuck.free.set()
    await us.until(seconds=20)
    assert (len(delivery.tried), delivery.taken) == (2, 1)
    assert (await by(us, MessagePosted)).count("dazhuang") == 1


async def test_a_journal_that_fails_has_the_event_sent_again(us: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    await us.alarm(FIRST)
    hangs_on, real, fails = await topic(us), us.house.journal.append, [True]

    async def append(appends: Any) -> list[bool]:
        if fails:
            raise OSError("no space left")
        return await real(appends)

    monkeypatch.setattr(us.house.journal, "append", append)
    await us.people.post(f"{us.tenant.url}/people/ou_dazhuang/say", json={"reply_to": hangs_on, "in_thread": True, "text": "我来看"})
    await us.tenant.settled()
    assert us.tenant.desk.deliveries[-1].taken == 0
    fails.clear()
    await us.until(seconds=20)
    assert (await by(us, MessagePosted)).count("dazhuang") == 1


async def test_duplicated_events_count_once(us: Team) -> None:
    us.tenant.world.faults.events.append(EventFault(kind="duplicate", times=1000))
    await us.alarm(FIRST)
    await us.does("axin", "read", message_id=await us.last_card("axin"))
    await us.does("dazhuang", "say", reply_to=await topic(us), in_thread=True, text="升级: 没人理")
    await us.does("dazhuang", "react", message_id=await topic(us), emoji="THUMBSUP")
    read = [(fact.person, fact.identity) for fact in (await us.timeline()).all(Read)]
    assert len(read) == len(set(read)) > 0
    assert await by(us, Escalated) == ["dazhuang"]
    assert (await by(us, MessagePosted)).count("dazhuang") == 1
    assert await by(us, Reacted) == ["dazhuang"]


async def test_what_happened_earlier_and_comes_later_undoes_nothing(us: Team) -> None:
    await us.alarm(FIRST)
    await us.presses("axin", await us.last_card("axin"), "acknowledge")
    await us.until(seconds=30)
    opened = (await us.timeline()).last(MeetingOpened)
    assert opened
    us.tenant.world.faults.events.append(EventFault(kind="reorder", event_type="vc.meeting.join_meeting_v1"))
    await us.does("amao", "join", number=opened.number)
    await us.until(seconds=40)
    await us.does("amao", "leave_meeting", number=opened.number)
    joined, left = await by(us, MeetingJoined), await by(us, MeetingLeft)
    assert joined.count("amao") == left.count("amao")


async def test_an_event_that_comes_again_after_a_restart_counts_once(tmp_path: Path) -> None:
    journal = f"sqlite:///{tmp_path}/kuaihui.db"
    async with running(furnished()) as tenant:
        async with at_work(tmp_path, tenant, journal=journal) as us:
            await us.alarm(FIRST)
            await us.does("dazhuang", "say", reply_to=await topic(us), in_thread=True, text="升级: 没人理")
            (payload,) = [one.payload for one in tenant.desk.deliveries if "升级" in one.payload.decode()]
        async with at_work(tmp_path, tenant, journal=journal) as us:
            assert us.house.hearing
            await us.house.hearing.take(payload)
            await us.settle()
            assert await by(us, Escalated) == ["dazhuang"]
            await us.look()  # the group's history is read again from before the restart
            assert len(await us.house.journal.summaries()) == 1


async def test_what_nobody_proves_to_be_feishus_is_refused(us: Team) -> None:
    await us.alarm(FIRST)
    forged = webhooks.sealed(us.tenant.desk.deliveries[-1].payload, ENCRYPT_KEY) if us.tenant.desk.deliveries else b"{}"
    assert (await us.people.post(f"{us.url}/hooks/feishu", content=forged)).status_code == 401
    stamp = str(int(us.clock.now().timestamp()) - 600)
    signed = {
        "x-lark-request-timestamp": stamp,
        "x-lark-request-nonce": "n",
        "x-lark-signature": webhooks.signature(stamp, "n", ENCRYPT_KEY, forged),
    }
    assert (await us.people.post(f"{us.url}/hooks/feishu", content=forged, headers=signed)).status_code == 401
    assert (await us.people.post(f"{us.url}/hooks/feishu", content=b"x" * 2_000_000)).status_code == 401


async def test_the_challenge_is_answered(us: Team) -> None:
    asked = webhooks.sealed(msgspec.json.encode({"challenge": "word", "token": VERIFICATION, "type": "url_verification"}), ENCRYPT_KEY)
    answer = await us.people.post(f"{us.url}/hooks/feishu", content=asked)
    assert (answer.status_code, answer.json()) == (200, {"challenge": "word"})


async def test_an_event_that_cannot_be_read_holds_up_nothing(us: Team) -> None:
    assert us.house.hearing
    assert await us.house.hearing.take(b'{"header":{"event_type":"im.message.receive_v1"}}') == b"{}"
    assert await us.house.hearing.take(b"not json") == b"{}"


async def test_the_vendors_own_client_brings_events_over_the_long_connection(tmp_path: Path) -> None:
    async with whole_house(tmp_path, hearing=by_webhook(by="long-connection")) as us:
        us.tenant.world.apps["cli_kuaihui"].events_url = ""
        us.tenant.world.apps["cli_kuaihui"].encrypt_key = ""
        assert us.house.listening
        listening = asyncio.create_task(us.house.listening.run())
        try:
            while not us.tenant.connections.open:  # noqa: ASYNC110  # the tenant tells it by no event
                await asyncio.sleep(0.1)
            await us.alarm(FIRST)
            card = await us.last_card("axin")
            assert "已接手" in await us.presses("axin", card, "acknowledge")
            await us.does("dazhuang", "say", reply_to=await topic(us), in_thread=True, text="我来看")
            assert await by(us, Acknowledged) == ["axin"]
            assert "dazhuang" in await by(us, MessagePosted)
            assert us.house.listening.elected
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
