"""
Takes the pictures of every page that stand in docs/pictures: on a phone and on a desk, in light and in dark, in Chinese and in English.

Rule 1: the story is acted on the real house in acted time, so the same pictures come out each time.
Rule 2: each page is taken four times: desk-light in Chinese, desk-dark in English, phone-light in English, phone-dark in Chinese.
Rule 3: a picture keeps 48 colours: it is looked at, not measured.

It needs the Debian packages chromium, fonts-noto-cjk and fonts-noto-color-emoji.

    .venv/bin/python tools/take_pictures.py [NAME …] [--into FOLDER]
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import sys
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from msgspec import structs
from PIL import Image
from playwright.async_api import Browser, Page

sys.path.insert(0, str(Path(__file__).parents[1]))

from kuaihui.briefing.document import Paper
from kuaihui.incident.evidence import MetricsRead, Series
from kuaihui.incident.fact import Fact
from kuaihui.incident.repair import ProposalMade
from tests.app.web.acted import BEGINS, Acted, acted, served
from tests.browser.people import sits_down
from tests.nights.evidence import Saturday, with_sources
from tests.servers.chromium import connected, running_chromium

PICTURES = Path(__file__).parents[1] / "docs/pictures"
COLOURS = 48
# Two colours whose bands differ by no more than this in all look the same.
ALIKE = 8
# Beside those, so many of other hues, this far from all others: emoji and badges.
HUES, APART = 16, 60
WIDE = {"desk": 480, "phone": 160}  # in the gallery
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
    zh: str
    en: str
    person: str = "amao"


class Story(Saturday):
    """The story's sources: the signal goes as the story does, minute by minute, and Redis is busy as long as it is high."""

    def __init__(self) -> None:
        super().__init__()
        self.heard = [(BEGINS - timedelta(days=1), 0.004), (BEGINS - timedelta(minutes=1), 0.10), (BEGINS + timedelta(minutes=1), 0.15)]

    def _answer(self, order: Any, now: datetime) -> Fact:  # Any: whatever order asks
        answer = super()._answer(order, now)
        if not isinstance(answer, MetricsRead):
            return answer
        minutes = [answer.since + timedelta(minutes=number) for number in range(int((answer.until - answer.since).total_seconds() // 60))]
        points = tuple((at, self._level(at, answer.expression)) for at in (*minutes, answer.until))
        values = [value for _, value in points]
        return structs.replace(answer, series=(Series(points=points, last=values[-1], max=max(values), min=min(values)),))

    def _level(self, at: datetime, expression: str) -> float:
        level = next(level for since, level in reversed(self.heard) if since <= at)
        return 2000 + 400_000 * level if "redis" in expression else level


VIEWS = (View("desk", "light", "zh"), View("desk", "dark", "en"), View("phone", "light", "en"), View("phone", "dark", "zh"))
PAGED = (
    Scene("board", "/", "看板", "board"),
    Scene("incident-paged", "/incidents/{}", "故障：正在呼叫你", "an incident that pages you", "dazhuang"),
)
UNDERWAY = (
    Scene("incident", "/incidents/{}", "故障：原因已定位", "an incident, its cause found"),
    Scene("meeting", "/incidents/{}/meeting", "会议", "meeting"),
    Scene("document", "/incidents/{}/document", "文档", "document"),
    Scene("document-history", "/incidents/{}/document/history", "文档的修改历史", "who wrote what"),
    Scene("me", "/me", "我的", "me", "axin"),
    Scene("explain", "/explain/incidents/{}", "为什么是这样", "why it is so"),
    Scene(
        "silence-new",
        "/silences/new?matchers=alertname%3D%22Gateway5xxRatioHigh%22&since=2023-03-11T12:00&until=2023-03-11T13:00",
        "新建静默与预览",
        "a new silence and its preview",
    ),
)
REPAIRING = (Scene("incident-repair", "/incidents/{}", "故障：热修复走到灰度", "an incident, its hotfix at the canary"),)
OVER = (
    Scene("incident-closed", "/incidents/{}", "故障：已关闭", "an incident that is closed"),
    Scene("review", "/incidents/{}/review", "复盘", "review"),
    Scene("tasks", "/me", "我的待办", "my tasks", "xiaomei"),
    Scene("oncall", "/oncall", "值班", "on-call"),
    Scene("catalog", "/catalog", "名录", "catalog"),
    Scene("silences", "/silences", "静默与维护", "silences and maintenance"),
    Scene("grouping", "/grouping?service=config-center", "试算归并规则", "another grouping, tried"),
    Scene("search", "/search?words=redis", "搜索", "search"),
    Scene("figures", "/figures", "数据", "figures"),
    Scene("replay", "/incidents/{}/replay", "回放", "replay"),
    Scene("drills", "/drills", "演练", "drills"),
    Scene("sign-in", "/sign-in", "你是谁", "who are you", ""),
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
    await write(stage, "amao", incident, "impact", "网关 15% 的请求返回 500，配置读取受影响。")


async def write(stage: Acted, person: str, incident: str, section: str, words: str) -> None:
    """Somebody writes a section of the document, from what stands there."""
    sections = Paper(await stage.timeline(incident), stage.house.catalog).sections()
    base = next(one.base for one in sections if one.id == section)
    await stage.does(person, incident, "EditDocument", section=section, words=words, base=base)


async def repairs(stage: Acted, incident: str) -> None:
    """A way is proposed and chosen; its hotfix goes as far as the canary."""
    what = "读路径加一层进程内缓存"
    await stage.does("xiaomei", incident, "Propose", what=what, effect="热 key 不再打到 Redis", risk="配置晚 1 秒生效", way_back="关掉开关")
    await stage.does("ayi", incident, "Propose", what="给 Redis 扩容", effect="撑一会儿", risk="要十分钟以上")
    known = {one.by: one.proposal for one in (await stage.timeline(incident)).all(ProposalMade)}
    await stage.does("amao", incident, "ChooseProposal", proposal=known["xiaomei"], reason="不影响生效时间，可以随时关")
    await stage.does("xiaomei", incident, "StartHotfix", proposal=known["xiaomei"], branch="hotfix/local-cache")
    await stage.does("amao", incident, "DropProposal", proposal=known["ayi"], reason="治标，来不及")
    for person, gate in (("xiaomei", "code"), ("xiaomei", "unit-tests"), ("amao", "review"), ("xiaomei", "pre-production")):
        await stage.does(person, incident, "PassGate", gate=gate)
    await stage.does("xiaoshuai", incident, "FailGate", gate="test", reason="缓存没有在配置变更后失效")
    await stage.rings(0.15)
    await stage.until(minutes=6)
    await stage.does("xiaoshuai", incident, "PassGate", gate="test", reason="已修，回归通过")
    await stage.does("amao", incident, "Report")
    await stage.until(minutes=6, seconds=30)


async def ends(stage: Acted, incident: str) -> None:
    """The alert clears, it is watched, and closed."""
    await stage.does("amao", incident, "MakeTask", task="t1", title="查清热 key 的根因", owner="xiaomei")
    await stage.until(minutes=8)
    await stage.does("xiaomei", incident, "PassGate", gate="canary", reason="灰度 0 %，对照 15 %")
    await stage.does("xiaomei", incident, "Mitigate", reason="读路径加了进程内缓存")
    await stage.rings(0.0, firing=False)
    await stage.until(minutes=9)
    await stage.does("xiaomei", incident, "PassGate", gate="full")
    await stage.does("xiaoshuai", incident, "PassGate", gate="verified", reason="线上验证通过")
    await stage.does("amao", incident, "Resolve", reason="恢复了，我再看十分钟")
    await stage.until(minutes=40)
    async with stage.client("amao") as http:
        form = {"matchers": 'alertname="DiskFillsUp"', "since": "2023-03-11T11:20", "until": "2023-03-11T14:20", "comment": "扩容中"}
        await http.post("/silences", data=form)


async def take(browser: Browser, stage: Acted, scenes: tuple[Scene, ...], incident: str, wanted: list[str], into: Path) -> None:
    """Every view of these scenes."""
    for scene in scenes:
        for view in VIEWS if not wanted or scene.name in wanted else ():
            phone, dark = view.device == "phone", view.look == "dark"
            seat = await sits_down(browser, stage.address, scene.person, phone=phone, dark=dark, language=view.language)
            seat.page.set_default_timeout(90_000)  # a busy machine
            await seat.page.goto(stage.address + scene.path.format(incident))
            await seat.page.wait_for_timeout(400)
            (into / file_of(scene, view)).write_bytes(small(await shot(seat.page, LONGEST[view.device])))
            await seat.page.context.close()


async def shot(page: Page, longest: int) -> bytes:
    """The page from its head down, its fixed parts where they are at the end of what is shown."""
    size = page.viewport_size or {"width": 1280, "height": 900}
    height = await page.evaluate("document.documentElement.scrollHeight")
    await page.set_viewport_size({"width": size["width"], "height": max(size["height"], min(height, longest))})
    await page.wait_for_timeout(150)
    return await page.screenshot()


def small(png: bytes) -> bytes:
    """The same picture in few colours: the commonest ones stay exactly as they are, with some of other hues; the rest go to the nearest."""
    kept, taken = BytesIO(), Image.open(BytesIO(png)).convert("RGB")
    counted = sorted(taken.getcolors(taken.width * taken.height) or [], reverse=True)
    colours = [colour for _, colour in counted if isinstance(colour, tuple)]  # three bands: RGB
    chosen = spread(colours, spread(colours, [], ALIKE, COLOURS), APART, COLOURS + HUES)
    palette = Image.new("P", (1, 1))
    palette.putpalette([part for colour in chosen for part in colour])
    taken.quantize(palette=palette, dither=Image.Dither.NONE).save(kept, "PNG", optimize=True)
    return kept.getvalue()


def spread(colours: list[tuple[int, ...]], chosen: list[tuple[int, ...]], apart: int, most: int) -> list[tuple[int, ...]]:
    """The chosen colours and more, at most so many, each at least so far apart from all others."""
    found = list(chosen)
    for colour in colours:
        if len(found) == most:
            break
        if all(sum(abs(one - other) for one, other in zip(colour, known, strict=True)) > apart for known in found):
            found.append(colour)
    return found


def gallery(language: str) -> str:
    """The page of all pictures, as Markdown."""
    chinese = language == "zh"
    title, other = ("# 全部页面", "[English](README.md)") if chinese else ("# Every page", "[中文](README.zh-CN.md)")
    made = "这些图由 `make pictures` 生成。" if chinese else "`make pictures` makes them anew."
    lines = [title, "", other, "", made, ""]
    for scene in (*PAGED, *UNDERWAY, *REPAIRING, *OVER):
        shown = scene.zh if chinese else scene.en
        pictures = (f'<img src="{file_of(scene, view)}" alt="{shown}" width="{WIDE[view.device]}">' for view in VIEWS)
        lines += [f"## {shown}", "", "\n".join(pictures), ""]
    return "\n".join(lines)


def file_of(scene: Scene, view: View) -> str:
    """The name of a picture."""
    return f"{scene.name}-{view.device}-{view.look}.{view.language}.png"


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


async def main(wanted: list[str], into: Path) -> None:
    """Act the story and stop for the pictures."""
    with running_chromium("--hide-scrollbars") as server:
        async with connected(server) as browser, acted(port=free_port(), integrations=[story := Story()]) as stage, served(stage):
            stage.house.shelf.catalog = with_sources()
            stage.app.state.reports = Path("none")  # drills that were acted on this machine are no part of the pictures
            incident = await begins(stage)
            await take(browser, stage, PAGED, incident, wanted, into)
            await goes_on(stage, incident)
            await take(browser, stage, UNDERWAY, incident, wanted, into)
            await repairs(stage, incident)
            await take(browser, stage, REPAIRING, incident, wanted, into)
            story.heard = [*story.heard, (stage.clock.now(), 0.0)]
            await ends(stage, incident)
            await take(browser, stage, OVER, incident, wanted, into)


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[1])
    asked.add_argument("names", nargs="*", help="the scenes to take; all when none is named")
    asked.add_argument("--into", type=Path, default=PICTURES)
    given = asked.parse_args()
    given.into.mkdir(parents=True, exist_ok=True)
    for language, name in (("en", "README.md"), ("zh", "README.zh-CN.md")):
        (given.into / name).write_text(gallery(language), encoding="utf-8")
    asyncio.run(main(given.names, given.into))
