"""
The trend of an incident as a drawing: values over time, the usual level as a band, what happened as marks.

Rule 1: a value holds until the next one is heard, so the line goes in steps: nothing is drawn that was not measured.
Rule 2: coordinates are worked out here, once; colours and fonts belong to the page's style.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from kuaihui.catalog.services import Signal
from kuaihui.incident.alerts import AlertCleared, Opened, Reopened, Worsened, measured
from kuaihui.incident.fact import Fact
from kuaihui.incident.pages import Acknowledged
from kuaihui.incident.recovery import Closed, Mitigated, ObservationStarted, RecoveryDoubted, RecoveryMeasured, Resolved
from kuaihui.incident.timeline import Timeline
from kuaihui.language import Text

# The box that coordinates are in; the page stretches it to whatever it has.
WIDTH: Final = 1000.0
HEIGHT: Final = 100.0
# Points beyond this are thinned: a phone is not wider.
MOST_POINTS: Final = 300
# Two marks closer than this share one number: a number needs sixteen of a phone's pixels.
CLOSE: Final = 0.065 * WIDTH
MARKED: Final[tuple[type[Fact], ...]] = (
    Opened,
    Reopened,
    Worsened,
    Acknowledged,
    Mitigated,
    Resolved,
    ObservationStarted,
    RecoveryDoubted,
    Closed,
)


class Mark(msgspec.Struct):
    """Something that happened, at its place on the drawing; several close ones share a place."""

    x: float
    at: datetime
    said: list[Text]


class Tick(msgspec.Struct, frozen=True):
    """A line of an axis with its words."""

    place: float
    words: str


class Drawing(msgspec.Struct):
    """The chart with every coordinate worked out, in a box of WIDTH by HEIGHT."""

    line: str
    area: str
    band_top: float
    band_bottom: float
    marks: list[Mark]
    levels: list[Tick]
    instants: list[tuple[float, datetime]]
    worst: str
    last: str


def seen(timeline: Timeline) -> list[tuple[datetime, float]]:
    """
    The values that the alerts brought, and behind their end those at which the signal itself was measured.

    An alert that is over counts as 0 only until the signal was measured: it may have ended for want of data.
    """
    told = timeline.series
    found = [(fact.at, fact.value) for fact in timeline.all(RecoveryMeasured) if told and fact.value is not None and not fact.supporting]
    cleared = {fact.at for fact in timeline.all(AlertCleared)}
    points = sorted([*((at, value, False) for at, value in told), *((at, value, True) for at, value in found)], key=lambda point: point[0])
    following = [*points[1:], None][: len(points)]
    return [
        (at, value)
        for (at, value, _), after in zip(points, following, strict=True)
        if not (after and after[2] and value == 0 and at in cleared)
    ]


def draw(timeline: Timeline, signal: Signal | None, now: datetime) -> Drawing | None:
    """The chart of a timeline; None where no alert ever brought a value."""
    series = thinned(seen(timeline))
    if not series:
        return None
    unit = signal.unit if signal else ""
    begin, end = _span(timeline, series, now)
    usual = signal.usual_high if signal else 0.0
    top = max([value for _, value in series] + [usual]) * 1.15 or 1.0

    def x(at: datetime) -> float:
        return round((at - begin) / (end - begin) * WIDTH, 1)

    def y(value: float) -> float:
        return round((1 - min(value, top) / top) * HEIGHT, 1)

    line = _steps([(x(at), y(value)) for at, value in series], x(end))
    return Drawing(
        line=line,
        area=f"{line}V{y(0)}H{x(series[0][0])}Z",
        band_top=y(usual),
        band_bottom=y(signal.usual_low if signal else 0.0),
        marks=_marks(timeline, begin, x),
        levels=[Tick(y(value), measured(value, unit)) for value in _levels(top)],
        instants=[(x(at), at) for at in (begin, begin + (end - begin) / 2, end)],
        worst=measured(max(value for _, value in series), unit),
        last=measured(series[-1][1], unit),
    )


def sparkline(series: Sequence[tuple[datetime, float]], now: datetime, width: int = 96, height: int = 24) -> str:
    """The trend in little, as the path of a line; empty below two values."""
    if len(series) < 1:
        return ""
    points = thinned(series, 60)
    begin, end, top = points[0][0], max(now, points[-1][0]), max(value for _, value in points) or 1.0
    span = (end - begin) or timedelta(seconds=1)
    placed = [(round((at - begin) / span * width, 1), round(2 + (1 - value / top) * (height - 4), 1)) for at, value in points]
    return _steps(placed, float(width))


def thinned(series: Sequence[tuple[datetime, float]], most: int = MOST_POINTS) -> list[tuple[datetime, float]]:
    """At most this many points: of each stretch the worst, and always the first and the last."""
    if len(series) <= most:
        return list(series)
    size = len(series) / (most - 2)
    stretches = [series[int(number * size) : int((number + 1) * size)] for number in range(most - 2)]
    return [series[0], *(max(stretch, key=lambda point: point[1]) for stretch in stretches if stretch), series[-1]]


def _span(timeline: Timeline, series: Sequence[tuple[datetime, float]], now: datetime) -> tuple[datetime, datetime]:
    begin = min(timeline.opened.at, series[0][0])
    closed = timeline.last(Closed, timeline.occasion)
    end = max(closed.at if closed else now, series[-1][0])
    return begin, max(end, begin + timedelta(minutes=1))


def _steps(points: Sequence[tuple[float, float]], end: float) -> str:
    begin = f"M{points[0][0]} {points[0][1]}"
    return begin + "".join(f"H{x}V{y}" for x, y in points[1:]) + f"H{end}"


def _levels(top: float) -> list[float]:
    """Two or three round values to draw lines at."""
    step = next(
        (unit * scale for scale in (10.0**power for power in range(-9, 12)) for unit in (1, 2, 5) if top / (unit * scale) <= 4), top
    )
    return [step * number for number in range(int(top / step) + 1)]


def _marks(timeline: Timeline, begin: datetime, x: Callable[[datetime], float]) -> list[Mark]:
    marks: list[Mark] = []
    for fact in timeline.facts:
        if not isinstance(fact, MARKED):
            continue
        place = x(max(fact.at, begin))
        if marks and place - marks[-1].x < CLOSE:
            marks[-1].said.append(fact.said)
        else:
            marks.append(Mark(place, fact.at, [fact.said]))
    return marks
