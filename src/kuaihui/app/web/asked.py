"""What people type into forms, read in the team's own time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from kuaihui.catalog.wall_clock import MIDNIGHT, instant
from kuaihui.errors import Refused
from kuaihui.language import text


def moment(written: str, zone: ZoneInfo) -> datetime:
    """The instant (UTC) of a field like 2023-03-11T11:00, on the team's wall clock. Raises Refused."""
    try:
        found = datetime.fromisoformat(written.strip())
        return (instant(found.date(), found.time(), zone) if found.tzinfo is None else found).astimezone(UTC)
    except (ValueError, OverflowError) as wrong:
        raise Refused(text("{written} is no date and time: write it like 2023-03-11 11:00", written=written[:40] or "—")) from wrong


def day(written: str, otherwise: date) -> date:
    """A day like 2023-03-11; the other one where it cannot be read."""
    try:
        found = date.fromisoformat(written.strip())
    except ValueError:
        return otherwise
    # A calendar far from now has nothing to say, and would take long to say it.
    return found if abs(found - otherwise) < timedelta(days=3660) else otherwise


def morning(of: date, zone: ZoneInfo) -> datetime:
    """The instant (UTC) at which this day begins."""
    return instant(of, MIDNIGHT, zone)


def field(at: datetime, zone: ZoneInfo) -> str:
    """An instant as a field of a form shows it."""
    return f"{at.astimezone(zone):%Y-%m-%dT%H:%M}"
