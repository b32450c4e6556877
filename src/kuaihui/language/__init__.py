"""
What a person reads, in the language they read: 简体中文 (zh) and English (en).

Rule 1: the English sentence is the message's id; its Chinese stands in `zh/ROOM.po`, one gettext file a room, so that every sentence has
        one home and no sentence is missing its other language (a test extracts all of them and looks).
Rule 2: what is kept is a `Text` (the message and its values), never a finished sentence: the reader's language is chosen when it is read.
Rule 3: values are filled by name with `str.format`; a value may be a `Text` itself, and a tuple is a list, parted as the reader's language
        parts one: "axin, dazhuang" and "axin、dazhuang".
Rule 4: a value of the form "@id" is a person, "@role:id" a role, and so for every kind below: kinds may share an id.
Rule 5: a Chinese sentence writes its places as Latin words want them ("{person} 接手"); the space falls away where the value is Chinese.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec
from babel.messages.pofile import read_po

from kuaihui.language.spacing import closed_up

# What a person writes may begin with an @ too ("@阿新 看一下"), and is no id.
_ID: Final = re.compile(r"@[A-Za-z0-9][\w.:-]*", re.ASCII)
Language = str  # "zh" or "en"; anything else a reader asks for becomes the team's own
LANGUAGES: Final = ("zh", "en")
# What the catalog names beside people; a value "@id" without a kind, as older journals have it, may be any of them.
_KIND: Final = re.compile("(?:person|service|role|rota|guide):")
_BOTH: Final = "{en}"
_BETWEEN: Final = ", "


class Text(msgspec.Struct, frozen=True, omit_defaults=True):
    """A sentence that is not yet in a language: its English message and the values to fill in."""

    says: str
    values: dict[str, Value] = {}


Value = str | int | float | Text | tuple[str | Text, ...]


def text(says: str, **values: Value) -> Text:
    """The sentence `says` with its values. The literal first argument is what the message extractor collects."""
    return Text(says, values)


def mark(says: str) -> str:
    """Mark a message for the extractor where it is only stored, and said later."""
    return says


def plain(words: Text | str) -> Text:
    """What a person wrote is the same in every language."""
    return words if isinstance(words, Text) else Text("{words}", {"words": words})


def both(zh: str, en: str) -> Text:
    """What people themselves gave a name in each language, like a gate of the catalog."""
    return Text(_BOTH, {"zh": zh, "en": en})


def say(words: Text | str, language: Language, names: Mapping[str, str] | None = None) -> str:
    """
    `words` in `language`.

    `names` turns ids into display names: a value of the form "@id" is replaced by names["id"], "@role:id" by names["role:id"] (or by the
    bare id when nobody has a name).
    """
    if isinstance(words, str):
        return words
    filled = {key: _shown(value, language, names or {}) for key, value in words.values.items()}
    said = translate(words.says, language)
    return (said if language == "en" else closed_up(said, filled)).format_map(_Lenient(filled))


def translate(message: str, language: Language) -> str:
    """The message in `language`; English, which is the message itself, where there is no other."""
    if language == "en":
        return message
    return _catalog(language).get(message, message) if message != _BOTH else "{zh}"


def named(who: str, names: Mapping[str, str]) -> str:
    """The name of an id, which may have its kind before it ("role:commander"); the bare id where nobody has a name."""
    return names.get(who.removeprefix("person:")) or _KIND.sub("", who, count=1)


def listed(words: Iterable[str], language: Language) -> str:
    """Words in a row, as the language parts them."""
    return translate(_BETWEEN, language).join(words)


def choose(accept_language: str, otherwise: Language = "zh") -> Language:
    """The language of an Accept-Language header, by the order it states; `otherwise` when it names neither of ours."""
    for part in accept_language.split(","):
        code = part.split(";")[0].strip().lower()
        if code[:2] in LANGUAGES:
            return code[:2]
    return otherwise


class _Lenient(dict[str, str]):
    """A missing value shows its own name rather than hide the whole sentence."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


def _shown(value: Value, language: Language, names: Mapping[str, str]) -> str:
    match value:
        case Text():
            return say(value, language, names)
        case tuple():
            return listed((_shown(one, language, names) for one in value), language)
        case str() if value.startswith("@") and (value[1:] in names or _ID.fullmatch(value) or _KIND.match(value, 1)):
            return named(value[1:], names)
        case bool():
            return translate("yes" if value else "no", language)
        case float():
            return f"{value:g}"
        case _:
            return str(value)


@cache
def _catalog(language: Language) -> dict[str, str]:
    """All messages of one language, merged from its room files."""
    found: dict[str, str] = {}
    folder = files("kuaihui.language").joinpath(language)
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".po"):
            with file.open("rb") as opened:
                found |= {str(entry.id): str(entry.string) for entry in read_po(opened, locale="zh_CN") if entry.id and entry.string}
    return found
