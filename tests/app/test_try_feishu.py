"""One command stands a house and an emulated Feishu up, set up for each other."""

import asyncio
import socket
from pathlib import Path

import httpx

from kuaihui.app.commands import try_feishu
from kuaihui.emulators.feishu.samples import ALARM


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


async def until(http: httpx.AsyncClient, address: str, words: str) -> str:
    """What stands at this address once these words are in it."""
    for _ in range(150):
        try:
            if words in (found := (await http.get(address)).text):
                return found
        except httpx.HTTPError:
            pass
        await asyncio.sleep(0.1)
    raise AssertionError(f"{words} never came to stand at {address}")


async def test_an_alarm_in_the_emulated_group_becomes_an_incident_and_a_page_in_feishu(tmp_path: Path) -> None:
    ours, theirs = free_port(), free_port()
    trial = asyncio.create_task(try_feishu.together(tmp_path, ours, theirs))
    try:
        async with httpx.AsyncClient(trust_env=False) as http:
            await until(http, f"http://127.0.0.1:{ours}/-/ready", "OK")
            said = {"msg_type": "text", "content": {"text": "Gateway5xxRatioHigh 网关 5xx 占比 10%"}}
            assert (await http.post(f"http://127.0.0.1:{theirs}/open-apis/bot/v2/hook/{ALARM}", json=said)).json()["code"] == 0
            await until(http, f"http://127.0.0.1:{theirs}/people/ou_axin", '"kind":"app"')
            await until(http, f"http://127.0.0.1:{ours}/api/v1/incidents", "config-center")
    finally:
        trial.cancel()
        await asyncio.gather(trial, return_exceptions=True)
