"""
Key names as they may be told: what identifies a person or a session is folded, what names the kind of key stays.

Rule 1: a key's name leaves the door only through `told`.
Rule 2: `cfg:gateway:routes` is told as it is; `user:13800138000:profile` becomes `user:<digits>:profile`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from kuaihui.diagnosis.scrubbing import DEFAULT, Scrubber

LONGEST: Final = 120
# A part of a key stands between these; Redis's own convention is the colon, braces mark a cluster's hash tag.
_PARTS: Final = re.compile(r"[^:/|.,;#\s{}\[\]()=&?]+")
_ESCAPE: Final = re.compile(rb'\\(?:x([0-9a-fA-F]{2})|([\\"nrtab]))')
_LETTERS: Final = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"a": b"\a", b"b": b"\b"}

# In this order: what a whole part is folded to.
DEFAULT_FOLDS: Final[tuple[tuple[str, str], ...]] = (
    (r".+@.+", "<email>"),  # the domain's dots cut it into further parts, which say nobody
    (r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", "<uuid>"),
    (r"[+-]?\d{4,}", "<digits>"),
    (r"(?=.*\d)[0-9a-fA-F]{8,}", "<hex>"),
    (r"(?=.*\d)[0-9A-Za-z]{20,}|(?=.*\d)(?=.*[a-z])(?=.*[A-Z])[0-9A-Za-z_+-]{20,}", "<token>"),
)
# Inside a part that is otherwise kept, as in order_20230311123456.
_LONG_DIGITS: Final = re.compile(r"\d{6,}")


@dataclass(frozen=True, kw_only=True)
class KeyNames:
    """
    The rules: `folds` are (pattern of a whole part, what it becomes); `kept` are patterns of whole keys told without folding.

    What the team's own patterns of `scrub` find is taken out of every key.
    """

    folds: tuple[tuple[str, str], ...] = DEFAULT_FOLDS
    kept: tuple[str, ...] = ()
    scrub: Scrubber = DEFAULT

    def told(self, key: bytes | str) -> str:
        """The key's name with its identifying parts folded, at most 120 characters."""
        name = printable(key) if isinstance(key, bytes) else key
        kept = any(re.fullmatch(pattern, name) for pattern in self.kept)
        (name,) = self.scrub.own([name])
        if not kept:
            name = _PARTS.sub(self._fold, name)
        return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"

    def _fold(self, part: re.Match[str]) -> str:
        for pattern, folded in self.folds:
            if re.fullmatch(pattern, part[0]):
                return folded
        return _LONG_DIGITS.sub("<digits>", part[0]) if self.folds else part[0]


def printable(key: bytes) -> str:
    """A key as text; bytes that are no UTF-8 text are shown as \\xNN."""
    shown = key.decode("utf-8", "backslashreplace")
    return "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in shown)


def unquoted(escaped: bytes) -> bytes:
    """The key that MONITOR shows as `escaped`: between quotes, with C-like escapes."""
    return _ESCAPE.sub(_unescaped, escaped) if b"\\" in escaped else escaped


def _unescaped(found: re.Match[bytes]) -> bytes:
    return bytes.fromhex(found[1].decode()) if found[1] else _LETTERS.get(found[2], found[2])
