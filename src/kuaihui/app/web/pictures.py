"""What kind of picture some bytes are, by what they are and not by what they are called."""

from __future__ import annotations

from typing import Final

from kuaihui.errors import Refused
from kuaihui.language import text

LARGEST: Final = 5_000_000  # bytes: a phone's screenshot is one or two million

_SIGNS: Final = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF87a", "image/gif"), (b"GIF89a", "image/gif"))


def kind_of(body: bytes) -> str:
    """The media type of a picture. Raises Refused for anything else, and for what is too large."""
    if len(body) > LARGEST:
        raise Refused(text("a picture may have {most} MB", most=LARGEST // 1_000_000))
    for sign, media in _SIGNS:
        if body.startswith(sign):
            return media
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "image/webp"
    raise Refused(text("this is no picture: PNG, JPEG, GIF or WebP"))
