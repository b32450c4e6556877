"""What sources of changes answer with: the newest first, scrubbed, cut where there are more, and what was not had told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import msgspec

from kuaihui.diagnosis.scrubbing import DEFAULT, Scrubber
from kuaihui.errors import CarryError
from kuaihui.incident.evidence import Change, ChangesListed
from kuaihui.language import Text, text
from kuaihui.orders import ListChanges

_LONGEST_TITLE = 200


def listed(
    order: ListChanges, found: Iterable[Change], now: datetime, by: str, failed: Sequence[CarryError] = (), scrub: Scrubber = DEFAULT
) -> ChangesListed:
    """The fact that these changes are; those outside the span are left out. `failed` says which parts could not be had."""
    inside = [one for one in found if order.since <= one.at < order.until]
    inside.sort(key=lambda one: (one.at, one.id), reverse=True)
    return ChangesListed(
        at=now,
        by=by,
        identity=order.identity,
        asked_by=order.asked_by,
        about=order.about,
        service=order.service,
        source=by,
        partial=_partial(order, len(inside), failed),
        since=order.since,
        until=order.until,
        changes=tuple(_told(one, order.service, by, scrub) for one in inside[: order.most]),
    )


def _partial(order: ListChanges, all: int, failed: Sequence[CarryError]) -> Text | None:
    if failed:
        return text("a part of the changes could not be had: {why}", why=failed[0].text)
    if all > order.most:
        return text("only the newest {most} of {all} changes are listed", most=order.most, all=all)
    return None


def _told(one: Change, service: str, by: str, scrub: Scrubber) -> Change:
    title = scrub(one.title[:_LONGEST_TITLE]).replace("\n", " ")
    return msgspec.structs.replace(one, title=title, service=one.service or service, source=by, at=one.at.astimezone(UTC))
