"""The topic as it is shown: messages with their answers, pictures and reactions."""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache

import msgspec
from markupsafe import Markup, escape

from kuaihui.app.web.views import Reader
from kuaihui.incident.fact import HOUSE
from kuaihui.incident.room import MessagePosted, Reacted
from kuaihui.incident.timeline import Timeline

LONGEST_QUOTE = 80  # characters of the message that is answered
LONGEST_LINK = 60  # characters of an address that are shown
# An address ends at a space, at a sign that belongs to the sentence (the Chinese ones among them), and not in a full stop or the like.
ADDRESS = re.compile(r"""https?://[^\s<>"，。；：！？、（）《》「」【】“”‘’…—]*[^\s<>"，。；：！？、（）《》「」【】“”‘’…—.,;:!?')\]}]""")


class Reaction(msgspec.Struct):
    """One emoji under a message, and who gave it."""

    emoji: str
    people: list[str]


class Message(msgspec.Struct):
    """A message as the topic shows it; `again` where it stands there already and is to be put in its place."""

    number: int
    id: str
    by: str
    at: datetime
    html: Markup
    house: bool
    mentions: tuple[str, ...]
    quote: str
    quoted: str
    pictures: tuple[str, ...]
    reactions: list[Reaction]
    again: bool


def messages(timeline: Timeline, reader: Reader, after: int, before: int | None = None, *, changed: bool = False) -> list[Message]:
    """The messages from fact number `after` on, oldest first; with `changed` also older ones whose reactions changed since then."""
    posted = timeline.numbered(MessagePosted)
    touched = {fact.message for fact in timeline.all(Reacted, after)} if changed else set[str]()
    wanted = [
        (number, fact) for number, fact in posted if (number >= after or fact.message in touched) and (before is None or number < before)
    ]
    given = reactions(timeline) if wanted else {}
    known = {fact.message: fact for _, fact in posted} if any(fact.reply_to for _, fact in wanted) else {}
    return [_shown(number, fact, reader, known, given.get(fact.message, []), again=number < after) for number, fact in wanted]


def first_of_last(timeline: Timeline, count: int, before: int | None = None) -> int:
    """The fact number of the oldest among the last `count` messages (before number `before`); 0 when there are no more."""
    numbers = [number for number, _ in timeline.numbered(MessagePosted) if before is None or number < before]
    return numbers[-count] if len(numbers) > count else 0


def reactions(timeline: Timeline) -> dict[str, list[Reaction]]:
    """The reactions that stand, by message."""
    found: dict[str, dict[str, list[str]]] = {}
    for fact in timeline.all(Reacted):
        people = found.setdefault(fact.message, {}).setdefault(fact.emoji, [])
        if fact.taken_back:
            people[:] = [who for who in people if who != fact.by]
        elif fact.by not in people:
            people.append(fact.by)
    return {message: [Reaction(emoji, people) for emoji, people in given.items() if people] for message, given in found.items()}


def _shown(
    number: int, fact: MessagePosted, reader: Reader, known: dict[str, MessagePosted], given: list[Reaction], *, again: bool
) -> Message:
    answered = known.get(fact.reply_to)
    return Message(
        number=number,
        id=fact.message,
        by=fact.by,
        at=fact.at,
        html=linked(_words(fact, reader), reader),
        house=fact.by == HOUSE,
        mentions=fact.mentions,
        quote=shortened(_words(answered, reader)) if answered else "",
        quoted=reader.name(answered.by) if answered else "",
        pictures=fact.pictures,
        reactions=given,
        again=again,
    )


def _words(fact: MessagePosted, reader: Reader) -> str:
    """What was said: a person's words exactly as they wrote them, the house's in the reader's language."""
    written = fact.words.values.get("words")
    return written if fact.words.says == "{words}" and isinstance(written, str) else reader.said(fact.words)


def shortened(words: str) -> str:
    """The beginning of a message, on one line."""
    line = " ".join(words.split())
    return line if len(line) <= LONGEST_QUOTE else line[: LONGEST_QUOTE - 1] + "…"


def linked(words: str, reader: Reader) -> Markup:
    """What somebody wrote, escaped, with its links as links and the people it calls standing out."""
    return _linked(words, reader.mentions)


@lru_cache(maxsize=4096)  # the same messages are shown again with every look at the page
def _linked(words: str, mentions: re.Pattern[str]) -> Markup:
    html: list[Markup] = []
    done = 0
    for found in ADDRESS.finditer(words):
        html += [_called(words[done : found.start()], mentions), _link(found[0])]
        done = found.end()
    return Markup("").join([*html, _called(words[done:], mentions)])


def _called(words: str, mentions: re.Pattern[str]) -> Markup:
    html = str(escape(words))
    return Markup(mentions.sub(r'<b class="at">\g<0></b>', html) if "@" in html else html)  # noqa: S704  # escaped above


def _link(address: str) -> Markup:
    shown = address if len(address) <= LONGEST_LINK else address[: LONGEST_LINK - 1] + "…"
    return Markup('<a href="{}" rel="noopener noreferrer" target="_blank">{}</a>').format(address, shown)
