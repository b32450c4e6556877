"""Several texts as one. The words of a list need nothing of this: a tuple is parted as the reader's language parts it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kuaihui.language import Language, Text, say, text


def lined(lines: Sequence[Text]) -> Text:
    """One under the other."""
    names = [f"line{number}" for number in range(len(lines))]
    return Text("\n".join(f"{{{name}}}" for name in names), dict(zip(names, lines, strict=True)))


def strung(parts: Sequence[Text]) -> Text:
    """One behind the other (at least one), with semicolons between."""
    first, *rest = parts
    return text("{first}; {rest}", first=first, rest=strung(rest)) if rest else first


def on_one_line(words: Text | str, language: Language, names: Mapping[str, str] | None = None) -> str:
    """Words in a language, however many lines they have, on one."""
    return " ".join(say(words, language, names).split())
