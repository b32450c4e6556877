"""The hand behind the scenery: make people and chats, move the clock, break things, see what was called and delivered."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kuaihui.emulators.feishu.events import EventDesk
from kuaihui.emulators.feishu.faults import CallFault, EventFault
from kuaihui.emulators.feishu.people import told
from kuaihui.emulators.feishu.records import App, Chat, Department, Hook, Person
from kuaihui.emulators.feishu.webhooks import Webhook
from kuaihui.emulators.feishu.world import World


class Passing(msgspec.Struct):
    """How much time passes at once."""

    seconds: float


class AppChange(msgspec.Struct, kw_only=True):
    """What an app's console page changes; a field that is not sent stays."""

    app_id: str
    secret: str | None = None
    enabled: bool | None = None
    scopes: list[str] | None = None
    encrypt_key: str | None = None
    verification_token: str | None = None
    events_url: str | None = None
    cards_url: str | None = None
    event_types: list[str] | None = None


class NewGroup(msgspec.Struct, kw_only=True):
    """A group with people and bots in it."""

    chat_id: str
    name: str
    people: list[str] = []
    bots: list[str] = []
    owner: str = ""


def add_app(world: World, app_id: str, secret: str) -> App:
    """An app with every scope, whose events go to its long connections until it names an address."""
    app = App(app_id=app_id, secret=secret, bot_open_id=f"ou_bot_{app_id}")
    world.apps[app_id] = app
    return app


def add_person(world: World, person: Person) -> Person:
    """Somebody joins the tenant (or is replaced)."""
    world.people[person.open_id] = person
    return person


def add_group(world: World, group: NewGroup) -> Chat:
    """A group as people made it in Feishu."""
    members = {world.person(one).open_id: world.now() for one in group.people}
    chat = Chat(group.chat_id, group.name, owner=group.owner, members=members, bots=set(group.bots))
    world.chats[chat.chat_id] = chat
    return chat


def change_app(world: World, change: AppChange) -> App:
    """The console's changes take effect at once."""
    app = world.apps.get(change.app_id) or add_app(world, change.app_id, "")
    for name in ("secret", "enabled", "encrypt_key", "verification_token", "events_url", "cards_url"):
        value = getattr(change, name)
        if value is not None:
            setattr(app, name, value)
    app.scopes = set(change.scopes) if change.scopes is not None else app.scopes
    app.event_types = set(change.event_types) if change.event_types is not None else app.event_types
    return app


class ControlRoom:
    """The control API, all below `/control/`."""

    def __init__(self, world: World, desk: EventDesk, webhook: Webhook) -> None:
        self._world = world
        self._desk = desk
        self._webhook = webhook

    def routes(self) -> list[Route]:
        """Every control on its path."""
        return [
            Route("/control/apps", self._app, methods=["POST"]),
            Route("/control/people", self._person, methods=["POST"]),
            Route("/control/departments", self._department, methods=["POST"]),
            Route("/control/chats", self._group, methods=["POST"]),
            Route("/control/hooks", self._hook, methods=["POST"]),
            Route("/control/clock", self._clock, methods=["GET", "POST"]),
            Route("/control/faults", self._faults, methods=["GET", "POST", "DELETE"]),
            Route("/control/event_faults", self._event_faults, methods=["POST"]),
            Route("/control/calls", self._calls),
            Route("/control/deliveries", self._deliveries),
        ]

    async def _app(self, request: Request) -> Response:
        changed = change_app(self._world, msgspec.json.decode(await request.body(), type=AppChange))
        checked = await self._webhook.challenge(changed) if changed.events_url else None
        return told({"app_id": changed.app_id, "bot_open_id": changed.bot_open_id, "challenge_answered": checked})

    async def _person(self, request: Request) -> Response:
        return told(asdict(add_person(self._world, msgspec.json.decode(await request.body(), type=Person))))

    async def _department(self, request: Request) -> Response:
        made = msgspec.json.decode(await request.body(), type=Department)
        self._world.departments[made.department_id] = made
        return told(asdict(made))

    async def _group(self, request: Request) -> Response:
        return told({"chat_id": add_group(self._world, msgspec.json.decode(await request.body(), type=NewGroup)).chat_id})

    async def _hook(self, request: Request) -> Response:
        made = msgspec.json.decode(await request.body(), type=Hook)
        self._world.hooks[made.hook_id] = made
        return told(asdict(made))

    async def _clock(self, request: Request) -> Response:
        if request.method == "POST":
            self._world.clock.pass_by(timedelta(seconds=msgspec.json.decode(await request.body(), type=Passing).seconds))
        return told({"now": self._world.now().isoformat()})

    async def _faults(self, request: Request) -> Response:
        faults = self._world.faults
        if request.method == "POST":
            faults.calls.append(msgspec.json.decode(await request.body(), type=CallFault))
        if request.method == "DELETE":
            faults.clear()
        return told({"calls": faults.calls, "events": faults.events})

    async def _event_faults(self, request: Request) -> Response:
        faults = self._world.faults
        faults.events.append(msgspec.json.decode(await request.body(), type=EventFault))
        return told({"calls": faults.calls, "events": faults.events})

    async def _calls(self, _: Request) -> Response:
        return told(self._world.calls)

    async def _deliveries(self, _: Request) -> Response:
        return told([{**asdict(one), "payload": msgspec.Raw(one.payload)} for one in self._desk.deliveries])
