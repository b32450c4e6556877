"""
Takes the pictures of every page that stand in docs/pictures: on a phone and on a desk, in light and in dark, in Chinese and in English.

Rule 1: the story is acted on the real house in acted time, so the same pictures come out each time.
Rule 2: each page is taken four times: desk-light in Chinese, desk-dark in English, phone-light in English, phone-dark in Chinese.
Rule 3: a picture keeps 64 colours: it is looked at, not measured.

    .venv/bin/python tools/take_pictures.py [NAME …] [--into FOLDER]
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import sys
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from PIL import Image
from playwright.async_api import Browser, Page

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.app.web.acted import Acted, acted, served
from tests.browser.people import sits_down
from tests.nights.evidence import Saturday, with_sources
from tests.servers.chromium import connected, running_chromium

PICTURES = Path(__file__).parents[1] / "docs/pictures"
COLOURS = 64
# Longer pages are cut off: the rest looks the same.
LONGEST = {"desk": 1800, "phone": 2400}


class View(NamedTuple):
    """How a page is looked at."""

    device: str
    look: str
    language: str


class Scene(NamedTuple):
    """A page at one moment of the story, as one person sees it."""

    name: str
    path: str
    person: str = "amao"


VIEWS = (View("desk", "light", "zh"), View("desk", "dark", "en"), View("phone", "light", "en"), View("phone", "dark", "zh"))
PAGED = (Scene("board", "/"), Scene("incident-paged", "/incidents/{}", "dazhuang"))
UNDERWAY = (
    Scene("incident", "/incidents/{}"),
    Scene("meeting", "/incidents/{}/meeting"),
    Scene("document", "/incidents/{}/document"),
    Scene("document-history", "/incidents/{}/document/history"),
    Scene("me", "/me", "axin"),
    Scene("explain", "/explain/incidents/{}"),
    Scene("silence-new", "/silences/new?matchers=alertname%3D%22Gateway5xxRatioHigh%22&since=2023-03-11T12:00&until=2023-03-11T13:00"),
)
OVER = (
    Scene("incident-closed", "/incidents/{}"),
    Scene("oncall", "/oncall"),
    Scene("catalog", "/catalog"),
    Scene("silences", "/silences"),
    Scene("grouping", "/grouping?service=config-center"),
    Scene("search", "/search?words=redis"),
    Scene("figures", "/figures"),
    Scene("sign-in", "/sign-in", ""),
)


async def begins(stage: Acted) -> str:
    """Two alerts; the on-call does not read, the next one is called."""
    incident = await stage.rings(0.10)
    await stage.until(minutes=1)
    await stage.rings(0.15)
    await stage.until(minutes=1, seconds=10)
    return incident


async def goes_on(stage: Acted, incident: str) -> None:
    """Taken on, the room fills, the cause is found, something is proposed."""
    await stage.does("dazhuang", incident, "Acknowledge")
    await stage.does("dazhuang", incident, "Speak", words="阿新一直没读，我先接手。@阿茂 配置中心在报 500，15% 了")
    await stage.does("dazhuang", incident, "JoinMeeting")
    await stage.until(minutes=2)
    await stage.does("amao", incident, "TakeRole", role="incident-lead")
    await stage.does("amao", incident, "JoinMeeting")
    await stage.does("xiaomei", incident, "TakeRole", role="recovery-lead")
    await stage.until(minutes=2, seconds=40)
    await stage.does("amao", incident, "CallIn", whom="operations", reason="看一下配置中心的 Redis")
    await stage.does("ayi", incident, "JoinMeeting")
    await stage.until(minutes=4)
    await stage.does("xiaomei", incident, "Speak", words="LTS 里大量 redis: connection pool timeout")
    await stage.does("ayi", incident, "Speak", words="慢日志贴上来了，是一个热 key @小美")
    await stage.does("amao", incident, "EditDocument", section="impact", words="网关 15% 的请求返回 500，配置读取受影响。")


async def ends(stage: Acted, incident: str) -> None:
    """The alert clears, it is watched, and closed."""
    await stage.does("amao", incident, "MakeTask", task="t1", title="查清热 key 的根因", owner="xiaomei")
    await stage.until(minutes=8)
    await stage.does("xiaomei", incident, "Mitigate", reason="读路径加了进程内缓存")
    await stage.rings(0.0, firing=False)
    await stage.until(minutes=30)
    async with stage.client("amao") as http:
        form = {"matchers": 'alertname="DiskFillsUp"', "since": "2023-03-11T11:20", "until": "2023-03-11T14:20", "comment": "扩容中"}
        await http.post("/silences", data=form)


async def take(browser: Browser, stage: Acted, scenes: tuple[Scene, ...], incident: str, wanted: list[str], into: Path) -> None:
    """Every view of these scenes."""
    for scene in scenes:
        for view in VIEWS if not wanted or scene.name in wanted else ():
            phone, dark = view.device == "phone", view.look == "dark"
            seat = await sits_down(browser, stage.address, scene.person, phone=phone, dark=dark, language=view.language)
            await seat.page.goto(stage.address + scene.path.format(incident))
            await seat.page.wait_for_timeout(400)
            file = into / f"{scene.name}-{view.device}-{view.look}.{view.language}.png"
            file.write_bytes(small(await shot(seat.page, LONGEST[view.device])))
            await seat.page.context.close()


async def shot(page: Page, longest: int) -> bytes:
    """The page from its head down, its fixed parts where they are at the end of what is shown."""
    size = page.viewport_size or {"width": 1280, "height": 900}
    height = await page.evaluate("document.documentElement.scrollHeight")
    await page.set_viewport_size({"width": size["width"], "height": max(size["height"], min(height, longest))})
    await page.wait_for_timeout(150)
    return await page.screenshot()


def small(png: bytes) -> bytes:
    """The same picture in few colours."""
    kept = BytesIO()
    Image.open(BytesIO(png)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(kept, "PNG", optimize=True)
    return kept.getvalue()


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


async def main(wanted: list[str], into: Path) -> None:
    """Act the story and stop for the pictures."""
    into.mkdir(parents=True, exist_ok=True)
    with running_chromium() as server:
        async with connected(server) as browser, acted(port=free_port(), integrations=[Saturday()]) as stage, served(stage):
            stage.house.shelf.catalog = with_sources()
            incident = await begins(stage)
            await take(browser, stage, PAGED, incident, wanted, into)
            await goes_on(stage, incident)
            await take(browser, stage, UNDERWAY, incident, wanted, into)
            await ends(stage, incident)
            await take(browser, stage, OVER, incident, wanted, into)


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[1])
    asked.add_argument("names", nargs="*", help="the scenes to take; all when none is named")
    asked.add_argument("--into", type=Path, default=PICTURES)
    given = asked.parse_args()
    asyncio.run(main(given.names, given.into))
