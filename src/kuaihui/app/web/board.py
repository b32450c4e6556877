"""The board: every incident at a glance, worked out once for all who look at it in the same way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec

from kuaihui.app.web.drawing import part
from kuaihui.app.web.views import Reader
from kuaihui.app.wiring import House
from kuaihui.briefing.chart import sparkline
from kuaihui.briefing.clocks import broke_at
from kuaihui.briefing.waiting import Wait, waits
from kuaihui.catalog.catalog import Catalog
from kuaihui.incident.alerts import measured
from kuaihui.incident.holders import holders
from kuaihui.incident.pages import Acknowledged
from kuaihui.incident.phases import Phase
from kuaihui.incident.timeline import Timeline
from kuaihui.journal.journal import Summary
from kuaihui.language import Text

STATES: Final = ("now", "open", "observing", "closed", "all")
# Closed within this time counts as recent.
RECENTLY: Final = timedelta(days=3)
# Rows that are looked into; behind them a row shows what its summary says.
LOOKED_INTO: Final = 50
MOST_ROWS: Final = 300


class Wanted(msgspec.Struct, frozen=True):
    """What is looked for, as the address says it."""

    state: str = "now"
    service: str = ""
    severity: int = 0
    words: str = ""

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> Wanted:
        """The filters of an address; what makes no sense is left out."""
        state, severity = asked.get("state", ""), asked.get("severity", "")
        chosen = state if state in STATES else "now"
        return cls(
            chosen,
            asked.get("service", "")[:100],
            int(severity) if severity in {"1", "2", "3", "4", "5"} else 0,
            asked.get("words", "")[:100],
        )

    def fits(self, summary: Summary, now: datetime) -> bool:
        """Whether an incident is looked for."""
        return (
            self._state_fits(summary, now)
            and self.service in ("", summary.service)
            and (not self.severity or summary.severity <= self.severity)
            and self.words.lower() in f"{summary.title} {summary.incident} {summary.service}".lower()
        )

    def _state_fits(self, summary: Summary, now: datetime) -> bool:
        match self.state:
            case "open":
                return summary.closed is None and summary.phase != Phase.OBSERVING
            case "observing":
                return summary.phase == Phase.OBSERVING
            case "closed":
                return summary.closed is not None
            case "now":
                return summary.closed is None or now - summary.closed < RECENTLY
            case _:
                return True


class Row(msgspec.Struct):
    """One incident on the board."""

    summary: Summary
    phase_said: Text
    value: str
    usual: str
    broke: datetime
    taken_by: str
    leads: str
    wait: Wait | None
    trend: str


class Boards:
    """The board's rows, kept while nothing has changed."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def rows(self, wanted: Wanted, now: datetime) -> list[Row]:
        """The incidents that are looked for: open ones first, the worst first; then the closed ones, the newest first."""
        found = await self._house.journal.summaries(limit=MOST_ROWS)
        found += [one for one in await self._house.journal.summaries(open_only=True) if one not in found]
        fitting = [one for one in found if wanted.fits(one, now)]
        fitting.sort(key=_order)
        return [await self._row(one, number < LOOKED_INTO, now) for number, one in enumerate(fitting)]

    async def html(self, wanted: Wanted, reader: Reader) -> str:
        """The board's list."""
        return part("board/rows.html", reader, rows=await self.rows(wanted, reader.now), wanted=wanted)

    async def _row(self, summary: Summary, look: bool, now: datetime) -> Row:
        service = self._house.catalog.services.get(summary.service)
        signal = service.signal if service else None
        unit = signal.unit if signal else ""
        value = measured(summary.value, unit) if summary.value is not None else ""
        usual = measured(signal.usual_high, unit) if signal else ""
        made = Row(summary, Phase(summary.phase).said, value, usual, summary.opened, "", "", None, "")
        return _looked_into(made, await self._house.loop.timeline(summary.incident), self._house.catalog, now) if look else made


def _looked_into(made: Row, timeline: Timeline, catalog: Catalog, now: datetime) -> Row:
    taken, waiting = timeline.last(Acknowledged, timeline.occasion), waits(timeline, catalog, now)
    made.taken_by = taken.by if taken else ""
    made.leads = holders(timeline).get("incident-lead", "")
    made.wait = waiting[0] if waiting else None
    made.broke = broke_at(timeline)
    made.trend = sparkline(timeline.series, made.summary.closed or now)
    return made


def _order(summary: Summary) -> tuple[int, int, float]:
    if summary.closed:
        return 2, 0, -summary.opened.timestamp()
    return (1 if summary.phase == Phase.OBSERVING else 0), summary.severity, -summary.opened.timestamp()
