"""
What comes to our event address: proved to be Feishu's and opened, or refused with the reason.

Rule 1: with an encrypt key set, nothing is taken that is not signed and sealed with it (the vendor's own client takes plain bodies).
Rule 2: a request older or newer than five minutes is a replay, whatever its signature.
Rule 3: where neither an encrypt key nor a verification token is set, nothing can prove itself, and nothing is taken.
Rule 4: the signature is over the bytes as they came; nothing is parsed before it is checked, but for the challenge, which is never signed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from kuaihui.errors import Refused
from kuaihui.integrations.feishu.client.access import Access
from kuaihui.integrations.feishu.client.times import from_seconds
from kuaihui.language import text

FRESH = timedelta(minutes=5)


@dataclass(frozen=True)
class Challenge:
    """Feishu asks whether this address is ours: the word is to be answered as it came."""

    word: str

    def answer(self) -> bytes:
        """The body that proves it; within one second."""
        return msgspec.json.encode({"challenge": self.word})


class _Sealed(msgspec.Struct):
    encrypt: str = ""


class _Header(msgspec.Struct, frozen=True):
    token: str = ""


class _Opened(msgspec.Struct):
    type: str = ""
    challenge: str = ""
    token: str = ""
    header: _Header = _Header()


def opened(access: Access, headers: Mapping[str, str], raw: bytes, now: datetime) -> Challenge | bytes:
    """The event's plain JSON, or the challenge. Raises Refused for anything that is not provably Feishu's, just now."""
    if not access.encrypt_key and not access.verification_token:
        raise Refused(text("neither encrypt_key nor verification_token is set: nothing proves that this is Feishu's"))
    lower = {name.lower(): value for name, value in headers.items()}
    plain = _unsealed(access, raw)
    said = _parsed(plain)
    if not hmac.compare_digest((said.header.token or said.token).encode(), access.verification_token.encode()):
        raise Refused(text("the request does not carry this app's verification token"))
    if said.type == "url_verification":
        return Challenge(said.challenge)
    if access.encrypt_key:
        _check_signature(access, lower, raw, now)
    return plain


def decrypted(encrypt_key: str, sealed: str) -> bytes:
    """AES-256-CBC under the key's SHA-256, the initial vector in front, PKCS7. Raises Refused for what the key does not open."""
    try:
        whole = base64.b64decode(sealed, validate=True)
        decryptor = Cipher(algorithms.AES(hashlib.sha256(encrypt_key.encode()).digest()), modes.CBC(whole[:16])).decryptor()
        unpadder = PKCS7(128).unpadder()
        return unpadder.update(decryptor.update(whole[16:]) + decryptor.finalize()) + unpadder.finalize()
    except (ValueError, binascii.Error) as fault:
        raise Refused(text("the body was not sealed with this app's encrypt key")) from fault


def signature(timestamp: str, nonce: str, encrypt_key: str, raw: bytes) -> str:
    """SHA-256 over timestamp, nonce, key and body, in hex."""
    return hashlib.sha256((timestamp + nonce + encrypt_key).encode() + raw).hexdigest()


def _unsealed(access: Access, raw: bytes) -> bytes:
    try:
        sealed = msgspec.json.decode(raw, type=_Sealed).encrypt
    except (msgspec.MsgspecError, RecursionError) as fault:
        raise Refused(text("the body is not Feishu's JSON")) from fault
    if not access.encrypt_key:
        if sealed:
            raise Refused(text("the body is sealed, but no encrypt key is set"))
        return raw
    if not sealed:
        raise Refused(text("the body is plain, but an encrypt key is set"))
    return decrypted(access.encrypt_key, sealed)


def _parsed(plain: bytes) -> _Opened:
    try:
        return msgspec.json.decode(plain, type=_Opened)
    except (msgspec.MsgspecError, RecursionError) as fault:
        raise Refused(text("the body is not Feishu's JSON")) from fault


def _check_signature(access: Access, headers: Mapping[str, str], raw: bytes, now: datetime) -> None:
    timestamp, nonce = headers.get("x-lark-request-timestamp", ""), headers.get("x-lark-request-nonce", "")
    expected = signature(timestamp, nonce, access.encrypt_key, raw)
    if not hmac.compare_digest(expected.encode(), headers.get("x-lark-signature", "").encode()):
        raise Refused(text("the request's signature is not Feishu's"))
    if not timestamp.isdigit() or abs(now - from_seconds(int(timestamp))) > FRESH:
        raise Refused(text("the request is older or newer than five minutes: a replay, or a clock that is wrong"))
