"""
POST /hooks/generic/NAME: any sender's alerts, read by JMESPath expressions from the settings.

Rule 1: an expression that cannot be read is found at the start, by its key; one that finds nothing in an alert leaves that word out.
Rule 2: what an alert needs (a label, or a name) and does not have refuses that alert alone.
Rule 3: an alert of a sender who tells no end is over when it was not told again for as long as the settings say.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, cast
from zoneinfo import ZoneInfo

import msgspec

from kuaihui.catalog.wall_clock import is_zone
from kuaihui.errors import BadSettings
from kuaihui.incident.alerts import Alert
from kuaihui.intake.fingerprints import fingerprint, fingerprint_of_bytes
from kuaihui.intake.labels import check_labels, name_of
from kuaihui.intake.ringing import Misheard, Ringing, Unusable, unusable
from kuaihui.integrations.generic import wild
from kuaihui.integrations.generic.wild import BadExpression, Expression, Wild
from kuaihui.language import text

log = logging.getLogger(__name__)

# A word of ours each; `confirm` is a link that somebody has to open before the sender sends alerts.
WORDS: Final = ("alerts", "name", "state", "labels", "service", "value", "started", "summary", "link", "confirm")
_LONGEST_SUMMARY: Final = 500


class Mapped:
    """
    One sender's form: where each of our words stands in what it sends.

    `form`: it sends form fields, not JSON. `zone` (an IANA name): that of its times which name no offset. `expires_after`: it tells no end,
    and an alert is over when it was not told again for that long.
    """

    def __init__(
        self,
        name: str,
        expressions: Mapping[str, str],
        resolved: Sequence[str],
        *,
        form: bool = False,
        zone: str = "",
        expires_after: timedelta | None = None,
    ) -> None:
        """Read the expressions, one a word; an empty one leaves the word out. Raises BadSettings that names the key at fault."""
        self.name = name
        self.resolved = frozenset(word.strip().lower() for word in resolved)
        self.zone, self.expires_after = _zone(name, zone), expires_after
        self._read = wild.of_form if form else wild.of_json
        self._find = {word: _compiled(name, word, expressions.get(word, "")) for word in WORDS}

    def hear(self, body: bytes, now: datetime) -> tuple[list[Ringing], list[Misheard]]:
        """The alerts of a body, and those that could not be understood. Raises Unusable where it cannot be read or holds no alerts."""
        whole = self._read(body)
        if link := wild.link(self._seek("confirm", whole, "")):
            log.warning("%s sends alerts once somebody has opened %s", self.name, link)
            return [], []
        told = self._seek("alerts", whole, "")
        if told is None:
            raise unusable("generic.alerts", "", text("hooks.generic.{name}.alerts finds nothing in this body", name=self.name))
        ringings: list[Ringing] = []
        refused: list[Misheard] = []
        alerts = cast("list[Wild]", told) if isinstance(told, list) else [told]
        for number, one in enumerate(alerts):
            try:
                ringings.append(self._one(one, f"[{number}]", now))
            except Unusable as wrong:
                refused.append(Misheard(fingerprint_of_bytes(msgspec.json.encode(one)), wrong.fault))
        return ringings, refused

    def _one(self, told: Wild, path: str, now: datetime) -> Ringing:
        labels = check_labels(self._labels(told, path), f"{path}.labels")
        began = wild.instant(self._seek("started", told, path), f"{path}.started", now, self.zone)
        firing = not self._is_over(self._seek("state", told, path))
        alert = Alert(
            fingerprint(labels),
            name_of(labels),
            labels,
            began or now,
            wild.number(self._seek("value", told, path)),
            wild.words(self._seek("summary", told, path))[:_LONGEST_SUMMARY],
            wild.words(self._seek("link", told, path))[: wild.LONGEST_LINK],
            self.name,
            now + self.expires_after if firing and self.expires_after else None,
        )
        return Ringing(alert, firing, began is not None)

    def _labels(self, told: Wild, path: str) -> dict[str, str]:
        """The sender's labels, with the alert's name and service among them."""
        labels = wild.labels(self._seek("labels", told, path), f"{path}.labels")
        named = {label: wild.words(self._seek(word, told, path)) for label, word in (("alertname", "name"), ("service", "service"))}
        return labels | {label: words for label, words in named.items() if words}

    def _is_over(self, state: Wild) -> bool:
        return state is False or wild.words(state).strip().lower() in self.resolved

    def _seek(self, word: str, told: Wild, path: str) -> Wild:
        """What the word's expression finds; None where it finds nothing."""
        expression = self._find[word]
        try:
            return expression.find(told) if expression is not None else None
        except BadExpression as wrong:  # such as a function that is given the wrong type
            words = text("hooks.generic.{name}.{word} cannot be applied: {what}", name=self.name, word=word, what=str(wrong)[:200])
            raise unusable("generic.expression", path, words) from wrong


def _compiled(name: str, word: str, written: str) -> Expression | None:
    try:
        return Expression(written) if written else None
    except BadExpression as wrong:
        said = text("hooks.generic.{name}.{word} is no JMESPath expression: {what}", name=name, word=word, what=str(wrong).splitlines()[0])
        raise BadSettings(said) from wrong


def _zone(name: str, written: str) -> ZoneInfo | None:
    if written and not is_zone(written):
        raise BadSettings(text("hooks.generic.{name}.zone is {zone}: write an IANA name like Asia/Shanghai", name=name, zone=written[:60]))
    return ZoneInfo(written) if written else None
