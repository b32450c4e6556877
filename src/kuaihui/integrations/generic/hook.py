"""
POST /hooks/generic/NAME: any sender's JSON, read by JMESPath expressions from the settings.

Rule 1: an expression that cannot be read is found at the start, by its key; one that finds nothing in an alert leaves that word out.
Rule 2: what an alert needs (a label, or a name) and does not have refuses that alert alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, cast

import jmespath
import msgspec
from jmespath.exceptions import JMESPathError

from kuaihui.errors import BadSettings
from kuaihui.incident.alerts import Alert
from kuaihui.intake.fingerprints import fingerprint, fingerprint_of_bytes
from kuaihui.intake.instants import EARLIEST, start
from kuaihui.intake.labels import check_labels, malformed, name_of
from kuaihui.intake.measures import finite, measure
from kuaihui.intake.ringing import Misheard, Ringing, Unusable, unusable
from kuaihui.language import text

# What a sender's JSON holds before it is read into our words.
Wild = Any

_WORDS: Final = ("alerts", "name", "state", "labels", "service", "value", "started", "summary", "link")
_LONGEST_SUMMARY: Final = 500
_LONGEST_LINK: Final = 2_000
_MILLISECONDS_FROM: Final = 100_000_000_000  # as seconds this is the year 5138: whoever writes more counts milliseconds


class Mapped:
    """One sender's form: where each of our words stands in its JSON."""

    def __init__(self, name: str, expressions: Mapping[str, str], resolved: Sequence[str]) -> None:
        """Read the expressions, one a word; an empty one leaves the word out. Raises BadSettings that names the key at fault."""
        self.name = name
        self.resolved = frozenset(word.strip().lower() for word in resolved)
        self._find = {word: _compiled(name, word, expressions.get(word, "")) for word in _WORDS}

    def hear(self, body: bytes, now: datetime) -> tuple[list[Ringing], list[Misheard]]:
        """The alerts of a body, and those that could not be understood. Raises Unusable where the body is no JSON or holds no alerts."""
        wild = self._seek("alerts", _json(body), "")
        if wild is None:
            raise unusable("generic.alerts", "", text("hooks.generic.{name}.alerts finds nothing in this body", name=self.name))
        ringings: list[Ringing] = []
        refused: list[Misheard] = []
        alerts = cast("list[Wild]", wild) if isinstance(wild, list) else [wild]
        for number, one in enumerate(alerts):
            try:
                ringings.append(self._one(one, f"[{number}]", now))
            except Unusable as wrong:
                refused.append(Misheard(fingerprint_of_bytes(msgspec.json.encode(one)), wrong.fault))
        return ringings, refused

    def _one(self, wild: Wild, path: str, now: datetime) -> Ringing:
        labels = check_labels(self._labels(wild, path), f"{path}.labels")
        began = _instant(self._seek("started", wild, path), path, now)
        alert = Alert(
            fingerprint(labels),
            name_of(labels),
            labels,
            began or now,
            _number(self._seek("value", wild, path)),
            _words(self._seek("summary", wild, path))[:_LONGEST_SUMMARY],
            _words(self._seek("link", wild, path))[:_LONGEST_LINK],
            self.name,
        )
        state = self._seek("state", wild, path)
        return Ringing(alert, not self._is_over(state), began is not None)

    def _labels(self, wild: Wild, path: str) -> dict[str, str]:
        """The sender's labels, with the alert's name and service among them."""
        found = self._seek("labels", wild, path)
        try:
            told = msgspec.convert(found or {}, dict[str, Wild])
        except msgspec.ValidationError as wrong:
            raise malformed(wrong, f"{path}.labels") from wrong
        labels = {name: _words(value) for name, value in told.items()}
        for label, word in (("alertname", "name"), ("service", "service")):
            told = _words(self._seek(word, wild, path))
            if told:
                labels[label] = told
        return labels

    def _is_over(self, state: Wild) -> bool:
        return state is False or _words(state).strip().lower() in self.resolved

    def _seek(self, word: str, wild: Wild, path: str) -> Wild:
        """What the word's expression finds; None where it finds nothing."""
        expression = self._find[word]
        try:
            return expression.search(wild) if expression is not None else None
        except JMESPathError as wrong:  # such as a function that is given the wrong type
            words = text("hooks.generic.{name}.{word} cannot be applied: {what}", name=self.name, word=word, what=str(wrong)[:200])
            raise unusable("generic.expression", path, words) from wrong


def _compiled(name: str, word: str, expression: str) -> Wild:
    try:
        return jmespath.compile(expression) if expression else None
    except JMESPathError as wrong:
        said = text("hooks.generic.{name}.{word} is no JMESPath expression: {what}", name=name, word=word, what=str(wrong).splitlines()[0])
        raise BadSettings(said) from wrong


def _json(body: bytes) -> Wild:
    try:
        return msgspec.json.decode(body)
    except RecursionError as deep:
        raise unusable("json.deep", "", text("this is nested too deeply to be an alert")) from deep
    except msgspec.DecodeError as wrong:
        raise malformed(wrong, "") from wrong


def _words(wild: Wild) -> str:
    """A value as text: nothing for null, no quotes around a string, JSON for what is nested."""
    if wild is None:
        return ""
    if isinstance(wild, str):
        return wild.replace("\0", "")
    return msgspec.json.encode(wild).decode()


def _number(wild: Wild) -> float | None:
    if isinstance(wild, bool):
        return None
    return finite(float(wild)) if isinstance(wild, int | float) else measure(_words(wild))


def _instant(wild: Wild, path: str, now: datetime) -> datetime | None:
    """An instant as RFC 3339, or as seconds or milliseconds since 1970. Raises Unusable."""
    place = f"{path}.started"
    if isinstance(wild, bool) or not isinstance(wild, int | float):
        return start(_words(wild), place, now)
    seconds = wild / 1000 if wild >= _MILLISECONDS_FROM else wild
    if not EARLIEST.timestamp() <= seconds < 253_402_300_800:  # the year 10000
        raise unusable(
            "instant.form", place, text("{written} is no instant: write it like 2023-03-11T11:03:00+08:00", written=str(wild)[:64])
        )
    return start(datetime.fromtimestamp(seconds, UTC).isoformat(), place, now)
