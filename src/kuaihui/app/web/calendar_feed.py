"""
Shifts as an iCalendar feed.

Rule 1: a shift keeps its UID as long as it begins when it does, so that a calendar program moves an entry instead of doubling it.
Rule 2: the key in a feed's address opens that feed alone, and nothing else of the house.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from icalendar import Calendar, Event

from kuaihui.app.web.views import Reader
from kuaihui.app.wiring import House
from kuaihui.catalog.shifts import Shift
from kuaihui.language import text

# How often a calendar program is asked to look again (RFC 7986).
REFRESH: Final = timedelta(hours=1)


def feed(shifts: Iterable[tuple[str, Shift]], reader: Reader, address: str) -> bytes:
    """These shifts (each with its rota) as a calendar."""
    host = urlsplit(address).hostname or "kuaihui"
    events = [
        Event.new(
            uid=f"{rota}-{shift.since:%Y%m%dT%H%M%SZ}@{host}",
            stamp=reader.now,
            start=shift.since,
            end=shift.until,
            summary=reader.said(text("{rota}: {people}", rota=f"@rota:{rota}", people=tuple(f"@{who}" for who in shift.people))),
            description=reader.said(shift.reason),
            url=f"{address}/oncall?rota={rota}",
        )
        for rota, shift in shifts
    ]
    made = Calendar.new(prodid="-//Kuaihui//on-call//", name=reader.said(text("On-call")), refresh_interval=REFRESH, subcomponents=events)
    return made.to_ical()


def key_of(house: House, of: str) -> str:
    """The key in this feed's address; it changes with the secret in the settings."""
    return hmac.new(house.secret.encode(), f"feed {of}".encode(), hashlib.sha256).hexdigest()[:32]


def knows(house: House, of: str, key: str) -> bool:
    """Whether whoever asks has the feed's key; an open house asks for none."""
    return house.settings.auth.mode == "open" or hmac.compare_digest(key_of(house, of).encode(), key.encode())
