"""
Alerts that other bots post in a group, read by patterns from the settings, or by what nearly all of them look like.

Rule 1: an alert's labels are its name: what changes from message to message (a value, a time) is no label.
Rule 2: each message that tells a firing begins an episode of its own, so that the newest message is the one a topic is opened on.
Rule 3: what a pattern does not fit is talk, not an alert; without any pattern for a group, every message of another bot is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from kuaihui.incident.alerts import Alert
from kuaihui.intake.fingerprints import fingerprint
from kuaihui.intake.labels import check_labels
from kuaihui.intake.measures import measure
from kuaihui.intake.ringing import Ringing

OVER: Final = r"(?i)恢复|解除|消除|resolved|recovered|\bok\b"
_LONGEST: Final = 500
# Groups of a pattern with a meaning of their own; every other one is a label.
_OWN: Final = frozenset({"value", "summary", "link"})
# "🔔", "[FIRING:1]", "【P1告警】", "(已恢复)": what stands around an alert's name and changes.
_AROUND: Final = re.compile(r"\[[^\]]*\]|【[^】]*】|\([^)]*\)|（[^）]*）|[^\w\s\-./:：%]+")
# A number by itself, with its unit: not the 5 of "5xx".
_NUMBER: Final = re.compile(r"(?<![A-Za-z0-9_.])[-+]?\d[\d,.]*\s*(?:[%％]|(?:ms|s|[KMGT]?i?B|qps|QPS|次|个)(?![A-Za-z]))?(?![A-Za-z0-9_])")
_PERCENT: Final = re.compile(r"[-+]?\d[\d,.]*\s*[%％]")
_STATES: Final = re.compile(r"(?i)已?恢复|告警中?|触发|解除|firing|resolved|recovered|alerting")
_LINK: Final = re.compile(r"https?://[^\s)\]>\"']+")


@dataclass(frozen=True)
class Told:
    """A message of another bot, as it stands in a group; `at` is when it was sent."""

    message: str
    chat: str
    sender: str
    words: str
    at: datetime


@dataclass(frozen=True)
class Pattern:
    """
    How one bot's messages are read.

    Only messages of `chat` and `sender` (an app_id; empty: anybody's) are tried. Each place that `match` fits is one alert: its group
    `alertname` (or `name`) names it, `value`, `summary` and `link` are what they say, every other group is a label; `labels` are put
    beside them. It is over where `resolved` fits. `lasts`: how long it rings when nobody says that it is over.
    """

    name: str
    match: re.Pattern[str]
    resolved: re.Pattern[str]
    chat: str = ""
    sender: str = ""
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    lasts: timedelta | None = None

    def takes(self, told: Told) -> bool:
        """Whether this message is tried."""
        return self.chat in ("", told.chat) and self.sender in ("", told.sender)

    def alerts(self, told: Told) -> Iterator[Ringing]:
        """The alerts that the message tells. Raises Unusable for labels that cannot be."""
        for found in self.match.finditer(told.words):
            said = {name: value.strip() for name, value in found.groupdict().items() if value and value.strip()}
            named = {"alertname" if name == "name" else name: value for name, value in said.items() if name not in _OWN}
            labels = check_labels({"alertname": self.name, **self.labels, **named}, self.name)
            yield self._ringing(told, labels, said, firing=not self.resolved.search(told.words))

    def _ringing(self, told: Told, labels: dict[str, str], said: Mapping[str, str], *, firing: bool) -> Ringing:
        ends = told.at + self.lasts if self.lasts else None
        summary, value = said.get("summary", "") or told.words.strip().split("\n", 1)[0], measure(said.get("value", ""))
        return ringing(told, labels, value=value, summary=summary, link=said.get("link", ""), ends=ends, firing=firing)


def alerts_of(told: Told, patterns: Sequence[Pattern]) -> list[Ringing]:
    """What a message tells. Raises Unusable."""
    of_the_group = [one for one in patterns if one.chat in ("", told.chat)]
    if not of_the_group:
        return _anything(told)
    for pattern in of_the_group:
        if pattern.takes(told) and (found := list(pattern.alerts(told))):
            return found
    return []


def _anything(told: Told) -> list[Ringing]:
    """A message for which nobody wrote a pattern: its first line is its name, its first share (or number) its value."""
    first, _, rest = told.words.strip().partition("\n")
    name = " ".join(_STATES.sub(" ", _NUMBER.sub(" ", _AROUND.sub(" ", first))).split()).strip(":：,，-")[:200]
    if not name:
        return []
    number = _PERCENT.search(told.words) or _NUMBER.search(rest or first)
    link = _LINK.search(told.words)
    labels = {"alertname": name, "chat": told.chat, "bot": told.sender or "bot"}
    value = measure(number[0]) if number else None
    firing = re.search(OVER, told.words) is None
    return [ringing(told, labels, value=value, summary=first, link=link[0] if link else "", firing=firing)]


def ringing(
    told: Told,
    labels: dict[str, str],
    *,
    value: float | None,
    summary: str,
    link: str = "",
    ends: datetime | None = None,
    firing: bool = True,
) -> Ringing:
    """One alert as a message told it."""
    alert = Alert(
        fingerprint(labels), labels["alertname"], labels, told.at, value, summary[:_LONGEST], link, "feishu", ends, told.message, told.chat
    )
    return Ringing(alert, firing)
