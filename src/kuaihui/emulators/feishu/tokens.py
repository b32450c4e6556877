"""The app's own token, and whose token a call carries."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from kuaihui.emulators.feishu.call import Answer, Call, Flat, Operation
from kuaihui.emulators.feishu.errors import (
    APP_DISABLED,
    BAD_SECRET,
    BAD_TOKEN,
    BAD_USER_TOKEN,
    EXPIRED_USER_TOKEN,
    NO_SUCH_APP,
    NO_TOKEN,
    WRONG_TOKEN_KIND,
    Rejected,
)
from kuaihui.emulators.feishu.records import App, Person
from kuaihui.emulators.feishu.world import World

LIFE = timedelta(hours=2)
SAME_WHILE_LEFT = timedelta(minutes=30)


class AppSecret(msgspec.Struct):
    """The body of the token call."""

    app_id: str = ""
    app_secret: str = ""


def tenant_token(call: Call) -> Answer:
    """The app's token for two hours: the same one while half an hour of it is left, after that a new one beside it."""
    said, world = call.body(AppSecret), call.world
    app = world.apps.get(said.app_id)
    if app is None:
        raise Rejected(NO_SUCH_APP)
    if app.secret != said.app_secret:
        raise Rejected(BAD_SECRET)
    for token, (app_id, expires) in world.tenant_tokens.items():
        if app_id == app.app_id and expires - world.now() >= SAME_WHILE_LEFT:
            return _told(token, expires - world.now())
    token = world.new_id("t-")
    world.tenant_tokens[token] = (app.app_id, world.now() + LIFE)
    return _told(token, LIFE)


def _told(token: str, left: timedelta) -> Flat:
    return Flat({"tenant_access_token": token, "expire": int(left.total_seconds())})


def whose(world: World, authorization: str, allowed: str) -> tuple[App, Person | None]:
    """The app, and the person where it is a person's token. Raises Rejected for a token that is missing, wrong or of the wrong kind."""
    token = authorization.removeprefix("Bearer ").strip()
    if not token:
        raise Rejected(NO_TOKEN)
    if token.startswith("u-"):
        return _persons(world, token, allowed)
    app_id, expires = world.tenant_tokens.get(token, ("", world.now()))
    if app_id not in world.apps or expires <= world.now():
        raise Rejected(BAD_TOKEN)
    if "T" not in allowed:
        raise Rejected(WRONG_TOKEN_KIND)
    return _running(world.apps[app_id]), None


def _persons(world: World, token: str, allowed: str) -> tuple[App, Person]:
    grant = world.user_tokens.get(token)
    if grant is None:
        raise Rejected(BAD_USER_TOKEN)
    if grant.expires <= world.now():
        raise Rejected(EXPIRED_USER_TOKEN)
    if "U" not in allowed:
        raise Rejected(WRONG_TOKEN_KIND)
    return _running(world.apps[grant.app]), world.person(grant.person)


def _running(app: App) -> App:
    if not app.enabled:
        raise Rejected(APP_DISABLED)
    return app


OPERATIONS = [
    Operation("auth.v3.tenant_access_token.internal", "POST", "auth/v3/tenant_access_token/internal", tenant_token, "", ()),
]
