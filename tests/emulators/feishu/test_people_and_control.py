"""The people's side and the hand behind the scenery, by HTTP; the limits; the program a person starts."""

import asyncio
import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from kuaihui.emulators.feishu import server
from kuaihui.emulators.feishu.clock import Clock
from kuaihui.emulators.feishu.records import Buzz
from kuaihui.emulators.feishu.server import Emulated
from tests.emulators.feishu.tenant import SATURDAY, People, Sdk
from tests.emulators.feishu.test_messages_by_sdk import create, sent
from tests.servers.process import free_port


@pytest.fixture
async def http(tenant: Emulated) -> Any:
    async with httpx.AsyncClient(trust_env=False, base_url=tenant.url) as client:
        yield client


async def test_a_person_sees_chats_messages_and_buzzes(http: Any, sdk: Sdk, people: People, tenant: Emulated) -> None:
    message_id = await sent(sdk, content={"text": '<at user_id="ou_axin"></at> 5xx'})
    tenant.world.messages[message_id].buzzes.append(Buzz("phone", "ou_axin", tenant.world.now()))
    inbox = (await http.get("/people/ou_axin")).json()
    assert inbox["chats"][0] == {"chat_id": "oc_alerts", "name": "网关告警群", "unread": 1, "people": 3}
    assert [each["kind"] for each in inbox["buzzes"]] == ["phone"]
    await people("axin", "read", chat_id="oc_alerts")
    assert (await http.get("/people/ou_axin")).json()["buzzes"] == []
    (seen,) = (await http.get("/chats/oc_alerts")).json()["messages"]
    assert (seen["says"], seen["readers"]) == ("@阿新 5xx", ["阿新"])


@pytest.mark.parametrize(
    "deed, said",
    [
        ("say", {"chat_id": "oc_none", "text": "x"}),
        ("react", {"message_id": "om_none", "emoji": "OnIt"}),
        ("press", {"message_id": "om_none"}),
        ("fly", {}),
        ("join", {"number": "none"}),
        ("finish", {"task": "none"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_nobody_can_do_is_told_in_words(http: Any, deed: str, said: Any) -> None:
    done = await http.post(f"/people/ou_axin/{deed}", json=said)
    assert done.status_code in {400, 404}
    assert done.json()["error"]


async def test_the_hand_makes_people_groups_and_bots_moves_the_clock_and_tells_what_happened(http: Any, sdk: Sdk) -> None:
    await http.post("/control/people", json={"open_id": "ou_new", "name": "新人", "mobile": "139"})
    await http.post("/control/chats", json={"chat_id": "oc_new", "name": "新群", "people": ["ou_new"], "bots": ["cli_kuaihui"]})
    await http.post("/control/departments", json={"department_id": "od_new", "name": "新部门"})
    await http.post("/control/hooks", json={"hook_id": "h1", "chat_id": "oc_new", "name": "机器人"})
    assert (await http.post("/control/apps", json={"app_id": "cli_two", "secret": "s"})).json()["challenge_answered"] is None
    hooked = await http.post("/open-apis/bot/v2/hook/h1", json={"msg_type": "text", "content": {"text": "5xx"}})
    assert hooked.json()["code"] == 0
    before = (await http.get("/control/clock")).json()["now"]
    assert (await http.post("/control/clock", json={"seconds": 3600})).json()["now"] > before
    await http.post("/control/faults", json={"kind": "error", "operation": "im.v1.message.*", "code": 230001})
    assert await sdk.code(sdk.client.im.v1.message.create, create("oc_new")) == 230001
    await sent(sdk, to="oc_new")
    await http.post("/control/event_faults", json={"kind": "duplicate"})
    assert len((await http.request("DELETE", "/control/faults")).json()["events"]) == 0
    operations = [(each["operation"], each["code"]) for each in (await http.get("/control/calls")).json()]
    assert operations[-2:] == [("im.v1.message.create", 230001), ("im.v1.message.create", 0)]
    deliveries = (await http.get("/control/deliveries")).json()
    assert [each["event_type"] for each in deliveries] == []


async def test_more_than_five_messages_a_second_into_one_chat_are_refused(sdk: Sdk, tenant: Emulated) -> None:
    tenant.world.clock = still = Clock.standing_at(tenant.world.now())
    codes = [await sdk.code(sdk.client.im.v1.message.create, create()) for _ in range(6)]
    assert codes == [0, 0, 0, 0, 0, 230020]
    still.pass_by(timedelta(seconds=1))
    assert await sdk.code(sdk.client.im.v1.message.create, create()) == 0


async def test_a_tier_is_a_second_and_a_minute_and_says_when_to_come_back(http: Any, tenant: Emulated) -> None:
    tenant.world.clock = still = Clock.standing_at(tenant.world.now())
    token = {"app_id": "cli_kuaihui", "app_secret": "emulated-secret"}
    bearer = (await http.post("/open-apis/auth/v3/tenant_access_token/internal", json=token)).json()["tenant_access_token"]
    headers = {"authorization": f"Bearer {bearer}"}
    statuses = [(await http.get("/open-apis/im/v1/chats", headers=headers)).status_code for _ in range(51)]
    assert statuses == [200] * 50 + [429]
    for _ in range(19):
        still.pass_by(timedelta(seconds=1))
        for _ in range(50):
            await http.get("/open-apis/im/v1/chats", headers=headers)
    still.pass_by(timedelta(seconds=1))
    last = await http.get("/open-apis/im/v1/chats", headers=headers)
    assert (last.status_code, last.json()["code"], last.headers["x-ogw-ratelimit-reset"]) == (429, 99991400, "40")


async def test_a_token_is_the_same_until_half_an_hour_is_left_and_wrong_ones_are_refused(http: Any, tenant: Emulated) -> None:
    async def fetch(secret: str = "emulated-secret") -> Any:
        body = {"app_id": "cli_kuaihui", "app_secret": secret}
        return (await http.post("/open-apis/auth/v3/tenant_access_token/internal", json=body)).json()

    first = await fetch()
    assert (first["expire"], (await fetch())["tenant_access_token"]) == (7200, first["tenant_access_token"])
    tenant.world.clock.pass_by(timedelta(minutes=91))
    second = await fetch()
    assert second["tenant_access_token"] != first["tenant_access_token"]
    for token, code in ((first, 0), (second, 0)):
        headers = {"authorization": f"Bearer {token['tenant_access_token']}"}
        assert (await http.get("/open-apis/im/v1/chats", headers=headers)).json()["code"] == code
    assert (await fetch("wrong"))["code"] == 10014
    assert (await http.get("/open-apis/im/v1/chats")).json()["code"] == 99991661
    assert (await http.get("/open-apis/im/v1/chats", headers={"authorization": "Bearer t-x"})).json()["code"] == 99991663
    assert (await http.get("/open-apis/im/v9/none")).json()["code"] == 404


async def test_sleepers_wake_when_the_clock_is_moved() -> None:
    clock = Clock.standing_at(SATURDAY)
    sleeping = asyncio.create_task(clock.sleep_until(SATURDAY + timedelta(hours=6)))
    await asyncio.sleep(0.01)
    clock.pass_by(timedelta(hours=5))
    await asyncio.sleep(0.01)
    assert not sleeping.done()
    clock.pass_by(timedelta(hours=1))
    await asyncio.wait_for(sleeping, 1)


def test_every_operation_has_its_own_name_and_path() -> None:
    names = [operation.name for operation in server.OPERATIONS]
    paths = [(operation.method, operation.path) for operation in server.OPERATIONS]
    assert len(set(names)) == len(names)
    assert len(set(paths)) == len(paths)


@contextlib.contextmanager
def program() -> Iterator[str]:
    port = free_port()
    with subprocess.Popen([sys.executable, "-m", "kuaihui.emulators.feishu", "--port", str(port)], stdout=subprocess.PIPE) as process:
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.communicate()


def test_a_person_starts_it_and_opens_the_page() -> None:
    with program() as url, httpx.Client(trust_env=False, base_url=url) as browser:
        deadline = time.monotonic() + 60
        page = None
        while page is None and time.monotonic() < deadline:
            with contextlib.suppress(httpx.ConnectError):
                page = browser.get("/")
            time.sleep(0.1)
        assert page is not None
        assert "我是" in page.text
        assert [each["title"] for each in browser.get("/papers").json()["documents"]] == ["应急响应处理模板"]
