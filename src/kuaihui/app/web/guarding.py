"""
What stands before every route: who may reach us by which name, which forms are ours, and what a browser may do with our pages.

Rule 1: a page of ours loads nothing from elsewhere, runs no script that is not a file of ours, and is framed by nobody.
Rule 2: in an open house only a name of this machine (or the address in the settings) is answered: a site elsewhere that lets its own name
        point at this machine is turned away.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kuaihui.app.web.identity import from_our_own_pages
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
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
# Doors for machines know no cookies: what opens them is their own token.
MACHINES: Final = ("/hooks/", "/api/v2/", "/-/")


class Guard:
    """Turns away what may not come in, and puts the headers on what goes out."""

    def __init__(self, app: ASGIApp, house: House) -> None:
        self._app = app
        self._house = house
        self._open = house.settings.auth.mode == "open"
        self._names = LOOPBACK | {urlsplit(house.settings.server.reached_at).hostname or "", house.settings.server.host}

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
        await (refused or self._app)(scope, receive, send_with_headers)

    def _refused(self, request: Request) -> ASGIApp | None:
        machine = request.url.path.startswith(MACHINES)
        if self._open and not request.url.path.startswith("/-/") and host_of(request) not in self._names:
            return answer(request, 421, ("host", "", text("this address is not one of ours: {host}", host=host_of(request)[:100]), None))
        if request.method not in SAFE and not machine and not _ours(self._house, request):
            return answer(request, 403, ("origin", "", text("this was not sent by one of our own pages"), None))
        return None


def host_of(request: Request) -> str:
    """The name the request was sent to, without its port."""
    return urlsplit(f"//{request.headers.get('host', '')}").hostname or ""


def _ours(house: House, request: Request) -> bool:
    """Whether a page of ours, or no browser at all, has sent this."""
    return request.headers.get("sec-fetch-site", "none") in ("same-origin", "none") and from_our_own_pages(house, request)
