"""
What keeps an alert from waking anybody: silences, maintenance windows, inhibition; in Alertmanager's meaning of the words.

Rule 1: a silence or a window has an end, a comment and an author; what has none of them is refused.
Rule 2: what would hide everything is refused: at least one matcher must want a label to be there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property

import msgspec
from pydantic import Field

from kuaihui.catalog.matchers import Matcher, fits, fits_all, parse
from kuaihui.catalog.shapes import Entry, Named
from kuaihui.errors import Refused
from kuaihui.language import text


class Silence(msgspec.Struct, frozen=True, dict=True):
    """Alerts whose labels satisfy all of `matchers` (one entry, as Alertmanager writes it) wake nobody from `since` until `until`."""

    id: str
    matchers: str
    comment: str
    author: str
    since: datetime
    until: datetime

    @cached_property
    def parsed(self) -> tuple[Matcher, ...]:
        """The matchers, ready to be asked."""
        return parse(self.matchers)

    def hides(self, labels: Mapping[str, str], _service: str) -> bool:
        """Whether an alert with these labels is hidden while it holds."""
        return fits(self.parsed, labels)


class Maintenance(msgspec.Struct, frozen=True):
    """Work is announced on these services: none of their alerts wakes anybody from `since` until `until`."""

    id: str
    services: tuple[str, ...]
    comment: str
    author: str
    since: datetime
    until: datetime

    def hides(self, _labels: Mapping[str, str], service: str) -> bool:
        """Whether an alert of this service is hidden while it holds."""
        return service in self.services


Quiet = Silence | Maintenance


class Inhibition(Entry):
    """
    While an alert fires that satisfies `source`, those that satisfy `target` wake nobody, where both agree on the labels `equal`.

    Each of `source` and `target` is one entry of matchers. A label that both do not have is one they agree on. An alert that satisfies
    both sides is not hidden by one that satisfies both.
    """

    id: str
    name: Named | None = None
    source: str = Field(min_length=1)
    target: str = Field(min_length=1)
    equal: tuple[str, ...] = ()


def check_matchers(written: str) -> tuple[Matcher, ...]:
    """The matchers of a silence. Raises BadMatcher for what cannot be read, Refused for what would hide everything."""
    found = parse(written)
    if fits_all(found):
        raise Refused(text("these matchers fit every alert: at least one must want a label to be there"))
    return found


def check_span(since: datetime, until: datetime, now: datetime, comment: str) -> None:
    """Whether a silence or a window may stand like this. Raises Refused."""
    if not comment.strip():
        raise Refused(text("write why: whoever is woken, or is not, will want to know"))
    if until <= since:
        raise Refused(text("the end lies before the beginning"))
    if until <= now:
        raise Refused(text("the end has passed already"))
