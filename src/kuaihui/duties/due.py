"""
What a duty says: an order that is due at an instant, or a conclusion that is to be written down at one.

Rule 1: a duty is a pure function of timeline, catalog and instant; it may be asked at any time, any number of times.
Rule 2: it yields what is due now and the next that will be, with the instant; the loop sleeps until the earliest.
Rule 3: it need not remember what was ordered: an order's identity is carried out once for its occasion, and a conclusion that has
        been written down is seen in the timeline.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

import msgspec

from kuaihui.catalog.catalog import Catalog
from kuaihui.incident.fact import Fact
from kuaihui.incident.timeline import Timeline
from kuaihui.orders import AnyOrder


class Due(msgspec.Struct, frozen=True):
    """This order is due at this instant (UTC)."""

    at: datetime
    order: AnyOrder


class Conclude(msgspec.Struct, frozen=True):
    """At this instant this fact is so, and is written down; the fact's own time is set when it is."""

    at: datetime
    fact: Fact


Duty = Callable[[Timeline, Catalog, datetime], Iterator[Due | Conclude]]
