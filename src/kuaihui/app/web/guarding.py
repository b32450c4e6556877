"""
What stands before every route: who may reach us by which name, which forms are ours, and what a browser may do with our pages.

Rule 1: a page of ours loads nothing from elsewhere, runs no script that is not a file of ours, and is framed by nobody.
Rule 2: in an open house only a name of this machine is answered: a site elsewhere that lets its own name point at this machine is turned
        away, and so is what a proxy brings by the name it has. The doors for machines do the same in every house that listens on loopback.
Rule 3: no page of another site posts anything to us, the doors for machines among it: no machine sends what a browser says of the page.
Rule 4: nobody, signed in or not, makes us keep more of a request in memory than a form of ours can hold.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kuaihui.app.web.identity import LOOPBACK, from_our_own_pages
from kuaihui.app.web.pictures import LARGEST
from kuaihui.app.web.problems import answer
from kuaihui.app.wiring import House
from kuaihui.language import text

POLICY: Final = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self'; script-src 'self'; connect-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
# Doors for machines know no cookies: what opens them is their own token. They count the bytes of a body themselves.
MACHINES: Final = ("/hooks/", "/api/v2/", "/-/", "/metrics")
# Bytes: the longest document is a tenth of the first; a message takes four pictures.
LARGEST_WORDS: Final = 1_000_000
LARGEST_UPLOAD: Final = 4 * LARGEST + LARGEST_WORDS


class Guard:
    """Turns away what may not come in, and puts the headers on what goes out."""

    def __init__(self, app: ASGIApp, house: House) -> None:
        self._app = app
        self._house = house
        self._open = house.settings.auth.mode == "open"
        self._alone = house.settings.server.loopback
        # The address in the settings may be a proxy's, before which an open house would believe everybody.
        named: set[str] = set() if self._open else {urlsplit(house.settings.server.reached_at).hostname or ""}
        self._names = LOOPBACK | named | {house.settings.server.host}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if "set-cookie" in headers or not scope["path"].startswith(("/static/", "/vendor/")):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        request = Request(scope, receive)
        refused = self._refused(request)
        counted = receive if request.url.path.startswith(MACHINES) else _counted(receive, _most(request))
        await (refused or self._app)(scope, counted, send_with_headers)

    def _refused(self, request: Request) -> ASGIApp | None:
        machine = request.url.path.startswith(MACHINES)
        by_name = (self._open or (self._alone and machine)) and not request.url.path.startswith("/-/")
        if by_name and host_of(request) not in self._names:
            return answer(request, 421, ("host", "", text("this address is not one of ours: {host}", host=host_of(request)[:100]), None))
        if request.method not in SAFE and not _ours(self._house, request):
            return answer(request, 403, ("origin", "", text("this was not sent by one of our own pages"), None))
        length = request.headers.get("content-length", "")
        if not machine and length.isdecimal() and int(length) > _most(request):
            return answer(request, 413, ("body.large", "", text("this is more than {most} bytes", most=_most(request)), _most(request)))
        return None


def host_of(request: Request) -> str:
    """The name the request was sent to, without its port."""
    return urlsplit(f"//{request.headers.get('host', '')}").hostname or ""


def _most(request: Request) -> int:
    """How many bytes a body may have; only what holds pictures may be large."""
    return LARGEST_UPLOAD if request.headers.get("content-type", "").startswith("multipart/form-data") else LARGEST_WORDS


def _counted(receive: Receive, most: int) -> Receive:
    """Receives until a body that did not say how long it is has become too long."""
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > most:
            raise HTTPException(413)
        return message

    return counted


def _ours(house: House, request: Request) -> bool:
    """Whether a page of ours, or no browser at all, has sent this."""
    return request.headers.get("sec-fetch-site", "none") in ("same-origin", "none") and from_our_own_pages(house, request)
