"""Trying Kuaihui in Feishu where there is no Feishu: a house and an emulated tenant, set up for each other."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final

import typer
import yaml

from kuaihui.app.commands.house import listening, not_to_be_had, serve
from kuaihui.app.commands.running import run
from kuaihui.app.commands.speaking import one_line_errors, tell
from kuaihui.app.feishu_settings import FeishuAlerts, FeishuDocuments, FeishuHearing, FeishuRoster, FeishuSettings
from kuaihui.app.overlay import laid_over
from kuaihui.app.settings import Settings
from kuaihui.app.settings_sections import CatalogPlace, JournalPlace, Server
from kuaihui.app.wiring import House, catalog_folder, house, start
from kuaihui.emulators.feishu import office as tenants
from kuaihui.emulators.feishu.clock import Clock
from kuaihui.emulators.feishu.control import AppChange, change_app
from kuaihui.emulators.feishu.papers import EDIT
from kuaihui.emulators.feishu.samples import furnish
from kuaihui.emulators.feishu.server import Emulated, running
from kuaihui.emulators.feishu.world import World
from kuaihui.language import text

# Of a tenant that exists in memory alone.
_KEY, _TOKEN = "emulated-encrypt-key", "emulated-token"
_CAST: Final = ("dazhuang", "axin", "amao", "xiaomei", "ayi", "xiaoshuai", "laozhou")
JUMP: Final = timedelta(seconds=5)


def try_feishu(
    port: Annotated[int, typer.Option(min=1, max=65535, help="where Kuaihui's own pages are")] = 8466,
    feishu_port: Annotated[int, typer.Option(min=1, max=65535, help="where the emulated Feishu is")] = 8123,
) -> None:
    """Try Kuaihui in an emulated Feishu; nothing to set up, nothing is kept."""
    with one_line_errors(), tempfile.TemporaryDirectory(prefix="kuaihui-try-") as folder:
        run(together(Path(folder), port, feishu_port))


class TenantsClock:
    """The tenant's time, which its page pushes on."""

    pace = 1.0

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def now(self) -> datetime:
        """The tenant's instant."""
        return self._clock.now()


async def together(folder: Path, port: int, feishu_port: int) -> None:
    """The house and the tenant, until somebody stops them; `folder` is for what they need to keep meanwhile."""
    async with AsyncExitStack() as opened:
        world = tenants.office()
        template, roster = furnish(world)
        world.documents[template].members[tenants.ALERT_GROUP] = EDIT
        tenant = await opened.enter_async_context(_tenant(world, feishu_port))
        base = opened.enter_context(catalog_folder(Settings()))[0]
        (folder / "people.yaml").write_text(yaml.safe_dump(_people()), encoding="utf-8")
        catalog = opened.enter_context(laid_over(base, folder / "people.yaml"))
        settings = trial(tenant, port, catalog, template, roster)
        listener = opened.enter_context(listening(settings.server, "--port"))
        built = await opened.enter_async_context(house(settings, TenantsClock(world.clock)))
        await start(built)
        built.tasks.append(asyncio.create_task(_follow(built, world), name="tenant's clock"))
        door = f"{settings.server.reached_at}/hooks/feishu"
        change_app(world, AppChange(app_id=tenants.APP_ID, events_url=door, encrypt_key=_KEY, verification_token=_TOKEN))
        tell(text("Feishu, emulated: {address} (be anybody there; let the alert bot ring)", address=tenant.url))
        tell(text("Kuaihui is up: {address}", address=settings.server.reached_at))
        await serve(built, listener)


@asynccontextmanager
async def _tenant(world: World, port: int) -> AsyncGenerator[Emulated]:
    """The tenant, running. Raises BadSettings where its port is taken."""
    async with AsyncExitStack() as opened:
        try:
            tenant = await opened.enter_async_context(running(world, port))
        except OSError as taken:
            raise not_to_be_had(Server(port=port), "--feishu-port", taken) from taken
        yield tenant


def trial(tenant: Emulated, port: int, catalog: Path, template: str, roster: str) -> Settings:
    """Settings for a house in this tenant."""
    over: dict[str, Any] = {"server": {"port": port}, "journal": JournalPlace(url="memory:"), "catalog": CatalogPlace(folder=catalog)}
    feishu = FeishuSettings(
        domain=tenant.url,
        app_id=tenants.APP_ID,
        app_secret=tenants.APP_SECRET,
        chat=tenants.ALERT_GROUP,
        documents=FeishuDocuments(template=template),
        hearing=FeishuHearing(
            by="webhook",
            encrypt_key=_KEY,
            verification_token=_TOKEN,
            alerts={"gateway": FeishuAlerts.model_validate(_ALARM)},
            look_every=timedelta(seconds=3),
        ),
        roster=FeishuRoster(base=roster, every=timedelta(seconds=30)),
    )
    return Settings.load(feishu=feishu, **over)


_ALARM: Final = {
    "chat": tenants.ALERT_GROUP,
    "match": r"(?P<alertname>Gateway5xxRatioHigh)\b.*?(?P<value>[\d.]+ ?%)",
    "labels": {"service": "config-center"},
}


def _people() -> dict[str, dict[str, object]]:
    """The sample's people, reached in the tenant; the director is the sample's superior."""
    return {one: {"reach": ["feishu"], **({"feishu": "ou_director"} if one == "laozhou" else {})} for one in _CAST}


async def _follow(built: House, world: World) -> None:
    """Where somebody pushes the tenant's time on, the house does at once what is due by then."""
    before = world.clock.now()
    while True:
        await asyncio.sleep(0.5)
        now = world.clock.now()
        if now - before > JUMP:
            while await built.loop.turn():
                await built.loop.still()
        before = now
