"""
The story's team in Feishu: a whole house whose workplace is the emulated tenant, both by one acted clock, and people who only use Feishu.

Rule: nobody here touches the house: people act by the tenant's own people's API, and what they see is what the tenant shows them.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import uvicorn
import yaml

import kuaihui.samples
from kuaihui.app.acted import next_instant, settle
from kuaihui.app.clocks import ActedClock
from kuaihui.app.feishu_settings import FeishuHearing, FeishuSettings
from kuaihui.app.overlay import laid_over
from kuaihui.app.settings import Settings
from kuaihui.app.settings_sections import Auth, CatalogPlace, JournalPlace, Server
from kuaihui.app.web.app import create_app
from kuaihui.app.wiring import House, house
from kuaihui.emulators.feishu.clock import Clock
from kuaihui.emulators.feishu.control import AppChange, change_app
from kuaihui.emulators.feishu.office import ALERT_GROUP, APP_ID, APP_SECRET, office
from kuaihui.emulators.feishu.papers import EDIT
from kuaihui.emulators.feishu.samples import ALARM as ALARM_BOT
from kuaihui.emulators.feishu.samples import furnish
from kuaihui.emulators.feishu.server import Emulated, running
from kuaihui.emulators.feishu.world import World
from kuaihui.emulators.listening import listening
from kuaihui.incident.timeline import Timeline

SAMPLE = Path(kuaihui.samples.__file__).parent / "config_center"
# STORY 1.1
BEGINS = datetime(2023, 3, 11, 11, 0, tzinfo=ZoneInfo("Asia/Shanghai")).astimezone(UTC)
ENCRYPT_KEY, VERIFICATION = "an-encrypt-key", "a-verification-token"
IN_FEISHU = ("dazhuang", "axin", "amao", "xiaomei", "ayi", "xiaoshuai", "laozhou")
# What the gateway's bot says, and how the settings read it.
ALARM = r"(?P<alertname>Gateway5xxRatioHigh) .*?(?P<value>[\d.]+ ?%)"


class BothClocks(ActedClock):
    """The house's time and the tenant's."""

    def __init__(self, tenants: Clock) -> None:
        super().__init__(tenants.now())
        self._tenants = tenants

    def move_to(self, instant: datetime) -> None:
        super().move_to(instant)
        self._tenants.pass_by(self.now() - self._tenants.now())


@dataclass
class Team:
    """The house, the tenant, and everybody in it."""

    house: House
    clock: BothClocks
    tenant: Emulated
    url: str
    people: httpx.AsyncClient

    # -- time ------------------------------------------------------------------------------------------------------------------------------

    async def settle(self) -> None:
        """Everything that is due now is done, on both sides of the wire."""
        assert self.house.hearing
        for _ in range(20):
            before = len(self.tenant.world.calls)
            await self.tenant.settled()
            await self.house.hearing.still()
            await settle(self.house.loop, self.house.reception, self.clock)
            if len(self.tenant.world.calls) == before:
                return
        raise AssertionError("the team never comes to rest")

    async def until(self, minutes: float = 0, seconds: float = 0, begins: datetime = BEGINS) -> None:
        """Let the story's time pass, everything that falls due on the way included."""
        instant = begins + timedelta(minutes=minutes, seconds=seconds)
        await self.settle()
        while (following := await next_instant(self.house.loop, self.house.reception)) is not None and following <= instant:
            self.clock.move_to(following)
            await self.settle()
        self.clock.move_to(instant)
        await self.settle()

    async def look(self) -> None:
        """The house looks at what no event tells."""
        assert self.house.listening
        await self.house.listening.look()
        await self.settle()

    # -- people ----------------------------------------------------------------------------------------------------------------------------

    async def does(self, person: str, deed: str, **said: Any) -> Any:
        """What somebody does in Feishu, and what came of it."""
        answer = await self.people.post(f"{self.tenant.url}/people/ou_{person}/{deed}", json=said)
        assert answer.status_code == 200, answer.text
        await self.settle()
        return answer.json()

    async def chat(self, chat_id: str) -> list[dict[str, Any]]:
        """A chat's messages as its people see them."""
        return (await self.people.get(f"{self.tenant.url}/chats/{chat_id}")).json()["messages"]

    async def inbox(self, person: str) -> list[dict[str, Any]]:
        """What the bot has said to somebody alone."""
        chats = [chat for chat in self.tenant.world.chats.values() if chat.is_private and f"ou_{person}" in chat.members]
        return [message for chat in chats for message in await self.chat(chat.chat_id)]

    async def last_card(self, person: str) -> str:
        """The newest card that the bot has sent to somebody alone."""
        return [message["message_id"] for message in await self.inbox(person) if message["card"]][-1]

    async def presses(self, person: str, message: str, button: str) -> str:
        """Press a button of a card; the toast's words."""
        shown = await self.does(person, "press", message_id=message, name=button)
        return shown.get("toast", {}).get("content", "") or str(shown)

    async def alarm(self, words: str) -> str:
        """The gateway's own bot posts an alert in the group; the message's id."""
        said = {"msg_type": "text", "content": {"text": words}}
        answer = await self.people.post(f"{self.tenant.url}/open-apis/bot/v2/hook/{ALARM_BOT}", json=said)
        assert answer.json()["code"] == 0, answer.text
        message = self.tenant.world.chats[ALERT_GROUP].messages[-1]
        await self.look()
        return message

    # -- what came of it -------------------------------------------------------------------------------------------------------------------

    async def timeline(self) -> Timeline:
        """The newest incident's."""
        (newest, *_) = await self.house.journal.summaries(limit=1)
        return await self.house.loop.timeline(newest.incident)


@asynccontextmanager
async def whole_house(
    folder: Path, world: World | None = None, hearing: FeishuHearing | None = None, journal: str = "memory:", **feishu: Any
) -> AsyncIterator[Team]:
    """The team at the story's beginning, in a tenant of its own."""
    async with running(world or furnished()) as tenant, at_work(folder, tenant, hearing, journal, **feishu) as team:
        yield team


@asynccontextmanager
async def at_work(
    folder: Path, tenant: Emulated, hearing: FeishuHearing | None = None, journal: str = "memory:", auth: Auth | None = None, **feishu: Any
) -> AsyncIterator[Team]:
    """A house that comes up in this tenant, as it does again after it died."""
    async with AsyncExitStack() as opened:
        (folder / "people.yaml").write_text(yaml.safe_dump(_reached_in_feishu(), allow_unicode=True))
        catalog = opened.enter_context(laid_over(SAMPLE, folder / "people.yaml"))
        config = uvicorn.Config(_not_yet, host="127.0.0.1", port=0, lifespan="off", log_level="critical", timeout_graceful_shutdown=1)
        port = await opened.enter_async_context(listening(config))
        setup = {"chat": ALERT_GROUP, "hearing": hearing or by_webhook(), **feishu}
        settings = Settings(
            server=Server(port=port),
            catalog=CatalogPlace(folder=catalog),
            journal=JournalPlace(url=journal),
            auth=auth or Auth(),
            feishu=FeishuSettings(domain=tenant.url, app_id=APP_ID, app_secret=APP_SECRET, **setup),
        )
        clock = BothClocks(tenant.world.clock)
        built = await opened.enter_async_context(house(settings, clock))
        _without_paces(built, tenant)
        app = create_app(built)
        opened.push_async_callback(app.state.watchers.close)
        config.loaded_app = app
        change_app(tenant.world, AppChange(app_id=APP_ID, events_url=f"http://127.0.0.1:{port}/hooks/feishu"))
        people = await opened.enter_async_context(httpx.AsyncClient(trust_env=False, timeout=10))
        yield Team(built, clock, tenant, f"http://127.0.0.1:{port}", people)


def furnished(begins: datetime = BEGINS) -> World:
    """The tenant with the story's people, a bot that posts alerts, a template and a roster."""
    world = office(Clock.standing_at(begins))
    world.limiter.enforced = False  # in time that stands still, what is used up never comes back
    template, _ = furnish(world)
    world.documents[template].members[ALERT_GROUP] = EDIT
    change_app(world, AppChange(app_id=APP_ID, encrypt_key=ENCRYPT_KEY, verification_token=VERIFICATION))
    return world


def by_webhook(**more: Any) -> FeishuHearing:
    """Events come sealed and signed to the house's own door; the gateway's bot is understood."""
    alerts = {"gateway": {"match": ALARM, "chat": ALERT_GROUP, "labels": {"service": "config-center"}}}
    told: dict[str, Any] = {"by": "webhook", "encrypt_key": ENCRYPT_KEY, "verification_token": VERIFICATION}
    return FeishuHearing(**(told | {"alerts": alerts, "look_every": timedelta(seconds=0)} | more))


def _reached_in_feishu() -> dict[str, Any]:
    return {person: {"reach": ["feishu"]} | ({"feishu": "ou_director"} if person == "laozhou" else {}) for person in IN_FEISHU}


def _without_paces(built: House, tenant: Emulated) -> None:
    """Where the tenant keeps no limits, our client keeps none either: a whole story would take minutes."""
    if not tenant.world.limiter.enforced and built.feishu:
        built.feishu.desk.feishu.messages._caller._paces.turn = _at_once


@asynccontextmanager
async def _at_once(lane: str, pace: object) -> AsyncGenerator[None]:
    yield


async def _not_yet(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError("nobody calls before the house stands")
