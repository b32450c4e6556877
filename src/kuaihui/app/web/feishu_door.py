"""
POST /hooks/feishu: Feishu's events and pressed cards, where they come by webhook.

Rule 1: nothing is taken that is not provably Feishu's, and of this moment; what opens this door is Feishu's own seal, not a token of ours.
Rule 2: 200 means kept; 503 asks Feishu to send it again, which it does after 15 s, 5 min, 1 h and 6 h.
"""

from __future__ import annotations

import logging
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from kuaihui.app.feishu_hearing import NotKept
from kuaihui.app.wiring import House
from kuaihui.errors import Refused
from kuaihui.integrations.feishu.client.seal import Challenge, opened

log = logging.getLogger(__name__)

LARGEST: Final = 1_000_000  # bytes: an event is some kilobytes, a message of 150 KB the largest
_JSON: Final = "application/json"


class FeishuDoor:
    """The door of one house; there where the settings hear by webhook."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[BaseRoute]:
        """Its routes: none without Feishu, no door where events come another way."""
        settings = self._house.settings.feishu
        if settings is None:
            return []
        how = Route("/-/feishu", self._how, methods=["GET"])
        return [how, Route("/hooks/feishu", self._hear, methods=["POST"])] if settings.hearing.by == "webhook" else [how]

    async def _how(self, request: Request) -> Response:
        """Whether this process listens, and when it heard anything last: what the doctor asks."""
        hearing, listening = self._house.hearing, self._house.listening
        heard = hearing.heard.isoformat() if hearing and hearing.heard else None
        connected = bool(listening and listening.is_connected)
        return JSONResponse({"heard": heard, "connected": connected, "elected": bool(listening and listening.elected)})

    async def _hear(self, request: Request) -> Response:
        hearing = self._house.hearing
        assert hearing is not None, "a house with [feishu] hears"
        try:
            raw = await _body(request)
            plain = opened(hearing.desk.feishu.access, request.headers, raw, self._house.clock.now())
        except ClientDisconnect:
            return Response(status_code=400)
        except Refused as refused:
            log.warning("refused at /hooks/feishu: %s", refused)
            return JSONResponse({"error": refused.told(self._house.settings.language)}, 401)
        if isinstance(plain, Challenge):
            return Response(plain.answer(), media_type=_JSON)
        try:
            return Response(await hearing.take(plain), media_type=_JSON)
        except NotKept as fault:
            return JSONResponse({"error": str(fault)}, 503)


async def _body(request: Request) -> bytes:
    """The body, as long as it may be. Raises Refused."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > LARGEST:
            raise Refused(f"a body of more than {LARGEST} bytes is no event")
        chunks.append(chunk)
    return b"".join(chunks)
