"""Whether everything outside is set up as it must be: each fault with what to click."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Annotated, Any, Final, Literal

import httpx
import typer

from kuaihui.app.catalog_place import catalog_folder
from kuaihui.app.clocks import RealClock
from kuaihui.app.commands.catalog import File
from kuaihui.app.commands.speaking import language, one_line_errors, tell
from kuaihui.app.feishu import reader_of, workplace
from kuaihui.app.feishu_settings import FeishuSettings
from kuaihui.app.settings import Settings
from kuaihui.app.web.feishu_entrance import BACK
from kuaihui.catalog.load import load
from kuaihui.errors import BadSettings, CarryError
from kuaihui.integrations.feishu import Workplace
from kuaihui.integrations.feishu.checkup import Asked, Checkup, Finding, delivered
from kuaihui.integrations.feishu.needs import When
from kuaihui.language import Text, say, text

_MARKS: Final = {True: "✓", False: "✗", None: "?"}
# How long an event may take to come in: Feishu's own are there within a second.
EVENT_WITHIN: Final = 6.0


def doctor(what: Annotated[Literal["feishu"], typer.Argument(help="what to look at")] = "feishu", settings: File = None) -> None:
    """Check what is set up outside; for each fault, what to click."""
    with one_line_errors():
        if not asyncio.run(_feishu(Settings.load(settings))):
            raise typer.Exit(1)


async def _feishu(settings: Settings) -> bool:
    if settings.feishu is None:
        raise BadSettings(text("there is no section [feishu] in the settings: docs/integrations/feishu_app.md tells what to put there"))
    well = True
    async with _at_desk(settings, settings.feishu) as (desk, checkup):
        async for found in checkup.findings(RealClock().now()):
            _tell(found)
            well = well and found.well is not False
        if well:
            found = await event(settings, settings.feishu, desk)
            _tell(found)
            well = found.well is not False
    tell(text("everything that can be looked at is well") if well else text("put the above right, then ask the doctor again"))
    return well


@asynccontextmanager
async def _at_desk(settings: Settings, feishu: FeishuSettings) -> AsyncGenerator[tuple[Workplace, Checkup]]:
    with catalog_folder(settings) as (folder, _):
        catalog = load(folder)
    async with workplace(feishu, lambda: catalog, settings.server.reached_at, lambda: 0.5) as desk:
        table = reader_of(feishu.roster, desk, lambda: catalog) if feishu.roster else None
        yield desk, Checkup(desk.desk, asked(settings, feishu), table)


def asked(settings: Settings, feishu: FeishuSettings) -> Asked:
    """What of Feishu these settings use."""
    hearing = feishu.hearing
    watched = (*hearing.watch, *(one.chat for one in hearing.alerts.values()))
    return Asked(
        parts=parts(feishu),
        chats=tuple(dict.fromkeys(chat for chat in (feishu.chat, *feishu.chats.values(), *watched) if chat)),
        templates=tuple(dict.fromkeys(one for one in (feishu.documents.template, *feishu.documents.templates.values()) if one)),
        by=hearing.by,
        sealed=bool(hearing.encrypt_key and hearing.verification_token),
        redirect=settings.server.reached_at + BACK if settings.auth.mode == "feishu" else "",
    )


def parts(feishu: FeishuSettings) -> frozenset[When]:
    """The parts of Feishu that are used."""
    used: set[When] = {"always"}
    used |= {part for part in ("documents", "meetings", "tasks") if part not in feishu.leave}
    means = set(feishu.buzz)
    used |= {"buzz"} if "app" in means else set()
    used |= {part for part in ("sms", "phone") if part in means}
    if feishu.roster:
        used |= {"table"}
        used |= {"write"} if feishu.roster.write_back else set()
        used |= {"wiki"} if feishu.roster.wiki else set()
    return frozenset(used)


async def event(settings: Settings, feishu: FeishuSettings, workplace: Workplace) -> Finding:
    """Whether an event reaches the house that is up."""
    what = text("an event of Feishu reaches Kuaihui")
    async with httpx.AsyncClient(base_url=settings.server.reached_at, trust_env=False, timeout=5) as http:
        before = await _heard(http)
        if before is None:
            why = text("Kuaihui is not up at {address}", address=settings.server.reached_at)
            return Finding(what, None, why, text("start it with `kuaihui up`, then ask the doctor again"))
        chat = ""
        try:
            chat = await delivered(workplace.desk)
            return await _arrived(http, before, what, feishu)
        except CarryError as refused:
            return Finding(what, None, refused.text)
        finally:
            if chat:
                with suppress(CarryError):
                    await workplace.desk.feishu.chats.dissolve(chat)


async def _arrived(http: httpx.AsyncClient, before: dict[str, Any], what: Text, feishu: FeishuSettings) -> Finding:
    until = asyncio.get_running_loop().time() + EVENT_WITHIN
    now = before
    while asyncio.get_running_loop().time() < until:
        now = await _heard(http) or before
        if now["heard"] != before["heard"]:
            return Finding(what)
        await asyncio.sleep(0.2)
    console = f"{feishu.base_url}/app/{feishu.app_id}/event"
    if feishu.hearing.by == "webhook":
        click = text("{console} → Events: the request address is ADDRESS/hooks/feishu; add the events of the docs", console=console)
    else:
        click = text("{console} → Events → Receive events by persistent connection; add the events of the docs", console=console)
    why = text("none came within {seconds} s", seconds=EVENT_WITHIN)
    if feishu.hearing.by == "long-connection" and not now["connected"]:
        why = text("this process holds no long connection: it is down, or another process of the deployment holds it")
        return Finding(what, False if now["elected"] else None, why, click)
    return Finding(what, False, why, click)


async def _heard(http: httpx.AsyncClient) -> dict[str, Any] | None:
    try:
        answer = await http.get("/-/feishu")
        return answer.json() if answer.status_code == 200 else None
    except (httpx.HTTPError, ValueError):
        return None


def _tell(found: Finding) -> None:
    reads = language()
    typer.echo(f"{_MARKS[found.well]} {say(found.what, reads)}")
    if found.why:
        typer.echo(f"    {say(found.why, reads)}")
    if found.click:
        typer.echo(f"    → {say(found.click, reads)}")
