"""Events by HTTP: signed and sealed as Feishu does it, with the challenge that proves an address."""

from __future__ import annotations

import base64
import hashlib
import os
import ssl
from functools import cache

import httpx
import msgspec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from kuaihui.emulators.feishu.events import ANSWER_WITHIN, NotDelivered
from kuaihui.emulators.feishu.records import App
from kuaihui.emulators.feishu.world import World


@cache
def _trusted() -> ssl.SSLContext:
    """Read when first needed, and once: reading the certificates takes longer than a test."""
    return httpx.create_ssl_context(trust_env=False)


def sealed(payload: bytes, encrypt_key: str) -> bytes:
    """The payload as it travels: AES-256-CBC under the key's SHA-256, PKCS7, the initial vector in front; plain when there is no key."""
    if not encrypt_key:
        return payload
    vector = os.urandom(16)
    padder = PKCS7(128).padder()
    padded = padder.update(payload) + padder.finalize()
    encryptor = Cipher(algorithms.AES(hashlib.sha256(encrypt_key.encode()).digest()), modes.CBC(vector)).encryptor()
    return msgspec.json.encode({"encrypt": base64.b64encode(vector + encryptor.update(padded) + encryptor.finalize()).decode()})


def signature(timestamp: str, nonce: str, encrypt_key: str, body: bytes) -> str:
    """SHA-256 over timestamp, nonce, key and the body as sent."""
    return hashlib.sha256((timestamp + nonce + encrypt_key).encode() + body).hexdigest()


class Webhook:
    """Posts events to the address an app gave."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._opened: httpx.AsyncClient | None = None

    @property
    def _client(self) -> httpx.AsyncClient:
        self._opened = self._opened or httpx.AsyncClient(timeout=ANSWER_WITHIN, trust_env=False, verify=_trusted())
        return self._opened

    async def carry(self, app: App, payload: bytes, *, card: bool) -> bytes:
        """Post one payload; anything but 200 within three seconds is a failure."""
        body = sealed(payload, app.encrypt_key)
        address = (app.cards_url if card else "") or app.events_url
        try:
            done = await self._client.post(address, content=body, headers=self._headers(app, body))
        except httpx.HTTPError as fault:
            raise NotDelivered(str(fault)) from fault
        if done.status_code != 200:
            raise NotDelivered(f"HTTP {done.status_code}")
        return done.content

    async def challenge(self, app: App) -> bool:
        """Whether the app's address answers the challenge, as the console asks when an address is saved. It is sealed but not signed."""
        word = self._world.new_id("challenge-")
        asked = msgspec.json.encode({"challenge": word, "token": app.verification_token, "type": "url_verification"})
        try:
            done = await self._client.post(app.events_url, content=sealed(asked, app.encrypt_key), timeout=1.0)
            return done.status_code == 200 and msgspec.json.decode(done.content) == {"challenge": word}
        except (httpx.HTTPError, msgspec.MsgspecError):
            return False

    def _headers(self, app: App, body: bytes) -> dict[str, str]:
        timestamp, nonce = str(self._world.clock.milliseconds() // 1000), self._world.new_id("n")
        headers = {"content-type": "application/json; charset=utf-8", "x-lark-request-timestamp": timestamp, "x-lark-request-nonce": nonce}
        if app.encrypt_key:
            headers["x-lark-signature"] = signature(timestamp, nonce, app.encrypt_key, body)
        return headers

    async def close(self) -> None:
        """Let go of the connections."""
        if self._opened:
            await self._opened.aclose()
