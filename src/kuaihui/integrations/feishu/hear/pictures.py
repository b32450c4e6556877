"""The pictures of a message: fetched, seen to be pictures, and kept with the incident."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Final, cast

import msgspec

from kuaihui.errors import GiveUp
from kuaihui.integrations.feishu.client.feishu import Feishu

log = logging.getLogger(__name__)

LARGEST: Final = 5_000_000  # bytes: as on our own pages
MOST: Final = 9  # what Feishu's own app sends at once
_SIGNS: Final = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF87a", "image/gif"), (b"GIF89a", "image/gif"))


async def pictures_of(
    feishu: Feishu, keep: Callable[[bytes, str], Awaitable[str]], message: str, kind: str, content: str
) -> tuple[str, ...]:
    """The kept pictures' hashes. Raises TryLater where they cannot be fetched just now; one that Feishu will not give is left out."""
    kept: list[str] = []
    for key in image_keys(kind, content)[:MOST]:
        try:
            found = await feishu.files.download(message, key, is_image=True)
        except GiveUp as refused:
            log.warning("a picture of %s could not be fetched: %s", message, refused)
            continue
        media = media_of(found)
        if media and len(found) <= LARGEST:
            kept.append(await keep(found, media))
    return tuple(kept)


def image_keys(kind: str, content: str) -> list[str]:
    """The keys of the images that a message shows, in order."""
    if kind not in ("image", "post"):
        return []
    try:
        return _keys(msgspec.json.decode(content))
    except msgspec.MsgspecError:
        return []


def _keys(part: object) -> list[str]:
    match part:
        case dict():
            fields = cast("dict[str, object]", part)
            own = fields.get("image_key")
            return ([own] if isinstance(own, str) else []) + [key for value in fields.values() for key in _keys(value)]
        case list():
            return [key for each in cast("list[object]", part) for key in _keys(each)]
        case _:
            return []


def media_of(content: bytes) -> str:
    """The media type by the bytes themselves; empty for what is no picture."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((media for sign, media in _SIGNS if content.startswith(sign)), "")
