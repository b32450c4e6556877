"""The custom (webhook) bot: the last voice when the app's own token is broken. No receipts, no topics, no message id."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime, timedelta

import httpx
import msgspec

from kuaihui.integrations.feishu.client.failures import Failure, FeishuBusy, FeishuRefused
from kuaihui.integrations.feishu.client.paces import Pace, Paces
from kuaihui.integrations.feishu.client.times import to_seconds
from kuaihui.integrations.feishu.client.trusted import trusted

NAME = "bot.v2.hook"
PACE = Pace(5)
LIMITED = 11232
LONGEST = 20 * 1024


class _Said(msgspec.Struct):
    code: int = 0
    msg: str = ""


class WebhookBot:
    """One webhook address, with its secret where the bot has one."""

    def __init__(self, url: str, secret: str = "", time_out: float = 10.0) -> None:
        self._url = url
        self._secret = secret
        self._paces = Paces()
        self._client = httpx.AsyncClient(timeout=time_out, verify=trusted())

    async def say(self, words: str, now: datetime) -> None:
        """Say a text in the bot's chat. Raises FeishuBusy or FeishuRefused."""
        await self._post({"msg_type": "text", "content": {"text": words}}, now)

    async def show(self, card: dict[str, object], now: datetime) -> None:
        """Show a card in the bot's chat; its buttons call nobody."""
        await self._post({"msg_type": "interactive", "card": card}, now)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()

    async def _post(self, said: dict[str, object], now: datetime) -> None:
        try:
            async with self._paces.turn("hook", PACE):
                done = await self._client.post(self._url, content=msgspec.json.encode({**self._signed(now), **said}))
            answer = msgspec.json.decode(done.content, type=_Said)
        except (httpx.HTTPError, msgspec.MsgspecError) as fault:
            raise FeishuBusy(Failure(operation=NAME, words=type(fault).__name__), timedelta(seconds=5)) from fault
        if answer.code == 0 and done.is_success:
            return
        failure = Failure(operation=NAME, code=answer.code, words=answer.msg, http=done.status_code)
        if answer.code == LIMITED or done.status_code >= 500:
            raise FeishuBusy(failure, timedelta(seconds=2))
        raise FeishuRefused(failure)

    def _signed(self, now: datetime) -> dict[str, object]:
        if not self._secret:
            return {}
        stamp = str(to_seconds(now))
        sign = hmac.new(f"{stamp}\n{self._secret}".encode(), b"", hashlib.sha256).digest()
        return {"timestamp": stamp, "sign": base64.b64encode(sign).decode()}
