"""Logging in with Feishu: the page where a person consents, the code, the tokens, who it is; and what an app may ask of itself."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from kuaihui.emulators.feishu.call import Answer, Call, Flat, Operation
from kuaihui.emulators.feishu.errors import BAD_CLIENT, BAD_CODE, BAD_FIELD, BAD_REDIRECT, BAD_REFRESH, Rejected
from kuaihui.emulators.feishu.papers import Grant
from kuaihui.emulators.feishu.records import App
from kuaihui.emulators.feishu.world import TENANT, World

CODE_LIVES = timedelta(minutes=5)
TOKEN_LIVES = timedelta(hours=2)
REFRESH_LIVES = timedelta(days=7)


class TokenRequest(msgspec.Struct):
    """The body of the token call, by code or by refresh token."""

    grant_type: str = ""
    client_id: str = ""
    client_secret: str = ""
    code: str = ""
    refresh_token: str = ""
    redirect_uri: str = ""
    code_verifier: str = ""


def token(call: Call) -> Answer:
    """A person's token for a code or a refresh token; each is good once."""
    said, world = call.body(TokenRequest), call.world
    app = world.apps.get(said.client_id)
    if app is None or app.secret != said.client_secret:
        raise Rejected(BAD_CLIENT)
    match said.grant_type:
        case "authorization_code":
            return _granted(world, _by_code(world, app, said))
        case "refresh_token":
            return _granted(world, _by_refresh(world, app, said))
        case other:
            raise BAD_FIELD.because(f"grant_type {other!r}")


def _by_code(world: World, app: App, said: TokenRequest) -> Grant:
    grant = world.codes.pop(said.code, None)
    if grant is None or grant.app != app.app_id or grant.expires <= world.now():
        raise Rejected(BAD_CODE)
    if said.redirect_uri and said.redirect_uri != grant.redirect_uri:
        raise Rejected(BAD_REDIRECT)
    if grant.code_challenge and _challenge(said.code_verifier) != grant.code_challenge:
        raise Rejected(BAD_CODE)
    return grant


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _by_refresh(world: World, app: App, said: TokenRequest) -> Grant:
    grant = world.refresh_tokens.pop(said.refresh_token, None)
    if grant is None or grant.app != app.app_id or grant.expires <= world.now():
        raise Rejected(BAD_REFRESH)
    return grant


def _granted(world: World, grant: Grant) -> Flat:
    access = grant_token(world, grant.app, grant.person, grant.scope)
    answer: dict[str, object] = {
        "access_token": access,
        "expires_in": int(TOKEN_LIVES.total_seconds()),
        "token_type": "Bearer",
        "scope": grant.scope,
    }
    if "offline_access" in grant.scope.split():
        refresh = world.new_id("r-")
        world.refresh_tokens[refresh] = Grant(grant.app, grant.person, world.now() + REFRESH_LIVES, grant.scope)
        answer |= {"refresh_token": refresh, "refresh_token_expires_in": int(REFRESH_LIVES.total_seconds())}
    return Flat(answer)


def grant_token(world: World, app: str, person: str, scope: str = "") -> str:
    """A person's token, as if they had logged in just now."""
    made = world.new_id("u-")
    world.user_tokens[made] = Grant(app, person, world.now() + TOKEN_LIVES, scope)
    return made


def who(call: Call) -> Answer:
    """Whose token this is."""
    person = call.person
    assert person is not None
    return {
        **person.ids(),
        "name": person.name,
        "en_name": person.name,
        "email": person.email,
        "mobile": person.mobile,
        "tenant_key": TENANT,
    }


def scopes(call: Call) -> Answer:
    """The permissions this app has; 1 is granted."""
    names = sorted(call.app.scopes) if call.app.scopes is not None else sorted(ALL_SCOPES)
    return {"scopes": [{"scope_name": name, "grant_status": 1, "scope_type": "tenant"} for name in names]}


def bot(call: Call) -> Answer:
    """The app's own bot."""
    return Flat(
        {"bot": {"activate_status": 2, "app_name": call.app.name, "avatar_url": "", "ip_white_list": [], "open_id": call.app.bot_open_id}}
    )


ALL_SCOPES = {
    "im:message", "im:message.pins:write_only", "im:message.urgent", "im:message.urgent:phone", "im:message.urgent:sms", "im:resource",
    "im:message:readonly", "im:message.group_msg", "im:message.group_at_msg:readonly", "im:message.p2p_msg:readonly",
    "im:message.reactions:read", "im:chat", "docx:document", "docx:document.block:convert", "docs:document:copy",
    "docs:document.comment:create", "docs:document.comment:read", "docs:permission.member:create", "docs:event:subscribe",
    "drive:file.like:readonly", "drive:file:view_record:readonly", "bitable:app:readonly", "base:record:update",
    "vc:reserve", "vc:reserve:readonly",
    "vc:meeting.meetingevent:read", "vc:record:readonly", "task:task:write", "task:task:read", "contact:user.id:readonly",
    "contact:contact.base:readonly", "contact:user.base:readonly", "contact:user.department:readonly",
    "calendar:calendar.free_busy:read", "wiki:wiki:readonly",
}  # fmt: skip


def routes(world: World) -> list[Route]:
    """The page where a person chooses who they are; `as=ou_x` chooses at once."""

    async def authorize(request: Request) -> Response:
        asked = request.query_params
        app = world.apps.get(asked.get("client_id") or asked.get("app_id", ""))
        redirect = asked.get("redirect_uri", "")
        if app is None or not redirect or (app.redirect_uris is not None and redirect not in app.redirect_uris):
            return HTMLResponse("unknown app or redirect_uri", 400)
        if chosen := asked.get("as"):
            code = world.new_id("code-")
            person = world.person(chosen).open_id
            scope, challenge = asked.get("scope", ""), asked.get("code_challenge", "")
            world.codes[code] = Grant(app.app_id, person, world.now() + CODE_LIVES, scope, redirect, challenge)
            return RedirectResponse(f"{redirect}?{urlencode({'code': code, 'state': asked.get('state', '')})}", 302)
        links = [f'<p><a href="?{urlencode({**asked, "as": one.open_id})}">{one.name}</a></p>' for one in world.people.values()]
        return HTMLResponse("<!doctype html><meta charset=utf-8><h1>Feishu</h1>" + "".join(links))

    return [Route("/open-apis/authen/v1/authorize", authorize)]


OPERATIONS = [
    Operation("authen.v2.oauth.token", "POST", "authen/v2/oauth/token", token, "", ()),
    Operation("authen.v1.user_info.get", "GET", "authen/v1/user_info", who, "U"),
    Operation("application.v6.scope.list", "GET", "application/v6/scopes", scopes, "T"),
    Operation("bot.v3.info", "GET", "bot/v3/info", bot, "T"),
]
