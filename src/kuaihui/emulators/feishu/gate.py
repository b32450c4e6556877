"""
Every call passes here: faults, token, scopes, limits, then the operation; and every answer leaves here in Feishu's envelope.

Rule: a call that is refused has changed nothing; a call whose answer is lost has.
"""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qs, quote

import msgspec
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from kuaihui.emulators.feishu import tokens
from kuaihui.emulators.feishu.call import Answer, Call, Download, Flat, Operation, Part
from kuaihui.emulators.feishu.errors import NO_SCOPE, Rejected
from kuaihui.emulators.feishu.faults import CallFault
from kuaihui.emulators.feishu.records import App, Json
from kuaihui.emulators.feishu.world import Heard, World

NOBODY = App(app_id="", secret="", bot_open_id="")
BAD_GATEWAY = "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>"


class Dropped(Response):
    """The connection ends in the middle of the answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Begin an answer and never finish it: the server then closes the connection."""
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
        await send({"type": "http.response.body", "body": b'{"code"', "more_body": True})


async def answer(world: World, operation: Operation, request: Request) -> Response:
    """One call from its request to its response."""
    fault = world.faults.for_call(operation.name)
    try:
        if fault and (broken := await _break(fault)):
            return _logged(world, operation, request, -1, broken)
        call = await _received(world, operation, request)
        _admit(operation, call)
        done = operation.do(call)
    except Rejected as refused:
        return _logged(world, operation, request, refused.refusal.code, _refused(world, refused), NOBODY.app_id)
    if fault and fault.kind == "lost_answer":
        return _logged(world, operation, request, 0, Dropped(), call.app.app_id)
    return _logged(world, operation, request, 0, _answered(world, done), call.app.app_id)


async def _break(fault: CallFault) -> Response | None:
    if rejection := fault.rejection():
        raise rejection
    match fault.kind:
        case "slow":
            await asyncio.sleep(fault.seconds)
            return None
        case "html_502":
            return HTMLResponse(BAD_GATEWAY, fault.http or 502)
        case "refused_connection":
            return Dropped()
        case _:
            return None


async def _received(world: World, operation: Operation, request: Request) -> Call:
    app, person = tokens.whose(world, request.headers.get("authorization", ""), operation.tokens) if operation.tokens else (NOBODY, None)
    form, files, raw = await _body(request)
    return Call(
        world=world,
        operation=operation.name,
        app=app,
        person=person,
        path={name: str(value) for name, value in request.path_params.items()},
        query=dict(request.query_params),
        queries=parse_qs(request.url.query),
        raw=raw,
        form=form,
        files=files,
    )


async def _body(request: Request) -> tuple[dict[str, str], dict[str, Part], bytes]:
    if not request.headers.get("content-type", "").startswith("multipart/"):
        return {}, {}, await request.body()
    fields: dict[str, str] = {}
    files: dict[str, Part] = {}
    async with request.form() as form:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                files[name] = Part(value.filename or "", await value.read())
            else:
                fields[name] = value
    return fields, files, b""


def _admit(operation: Operation, call: Call) -> None:
    granted = call.app.scopes
    if operation.scopes and granted is not None and not operation.scopes & granted:
        violations = [{"type": "action_scope_required", "subject": scope} for scope in sorted(operation.scopes)]
        raise Rejected(NO_SCOPE, error={"permission_violations": violations})
    call.world.limiter.check(operation.limits, call, call.world.now())


def _answered(world: World, done: Answer) -> Response:
    if isinstance(done, Download):
        return Response(done.content, media_type="application/octet-stream", headers={"content-disposition": _as_file(done.name)})
    said: Json = {"code": 0, "msg": "success"}
    said |= done.fields if isinstance(done, Flat) else {"data": done if done is not None else {}}
    return _json(world, said)


def _as_file(name: str) -> str:
    return f'attachment; filename="{quote(name)}"'


def _refused(world: World, refused: Rejected) -> Response:
    refusal = refused.refusal
    error: Json = {"log_id": world.new_id("log"), **refused.error}
    return _json(world, {"code": refusal.code, "msg": refusal.msg, "error": error}, refusal.http, dict(refused.headers))


def _json(world: World, said: Json, http: int = 200, headers: dict[str, str] | None = None) -> Response:
    log_id = {"x-tt-logid": world.new_id("log")}
    return Response(msgspec.json.encode(said), http, media_type="application/json; charset=utf-8", headers=log_id | (headers or {}))


def _logged(world: World, operation: Operation, request: Request, code: int, response: Response, app: str = "") -> Response:
    world.calls.append(Heard(world.now(), operation.name, app, request.url.path, code))
    return response
