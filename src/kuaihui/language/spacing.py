"""
Spaces in Chinese sentences: one stands between Chinese and Latin words or digits, none between Chinese and Chinese.

Rule 1: only a sentence's own space beside one of its places falls away; a value is what somebody wrote, and stays as it is.
Rule 2: whoever is called by an @ keeps the space, which ends the name: "@大壮 请看".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

# Ideographs, and marks that are as wide as one and bring their own white: 、。《》「」 （），：；？！ “”
_WIDE: Final = "“”\u3001-\u303f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff01-\uff60\U00020000-\U0003ffff"
_IS_WIDE: Final = re.compile(f"[{_WIDE}]")
_BEFORE: Final = re.compile(rf"(?<=[{_WIDE}]) (?=\{{(\w+)[:}}])")
_AFTER: Final = re.compile(rf"(?<!@)\{{(\w+)(?::[^{{}}]*)?\}}( )(?=[{_WIDE}])")


class _Space(NamedTuple):
    """A space between Chinese of the sentence and one of its places: where it stands, the place's name, which of its sides."""

    at: int
    place: str
    before: bool


def closed_up(sentence: str, values: Mapping[str, str]) -> str:
    """A sentence with places ("{person} 接手"), without the spaces that its values, being Chinese where they touch them, do not want."""
    for space in _spaces(sentence):
        if _is_unwanted(space, values.get(space.place, "")):
            sentence = sentence[: space.at] + sentence[space.at + 1 :]
    return sentence


def _is_unwanted(space: _Space, value: str) -> bool:
    if space.before:
        return _IS_WIDE.match(value) is not None
    return _IS_WIDE.match(value[-1:]) is not None and "@" not in value.rsplit(maxsplit=1)[-1]


@lru_cache(maxsize=8192)  # about as many as there are sentences
def _spaces(sentence: str) -> tuple[_Space, ...]:
    """Those that may fall away, the last first, so that those before keep their places."""
    return tuple(sorted(_found(sentence), reverse=True))


def _found(sentence: str) -> Iterator[_Space]:
    yield from (_Space(space.start(), space[1], True) for space in _BEFORE.finditer(sentence))
    yield from (_Space(place.start(2), place[1], False) for place in _AFTER.finditer(sentence))
