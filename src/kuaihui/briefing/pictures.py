"""
Pictures of evidence, as PNG: the metric's chart, the table of log signatures, of findings about Redis, of changes.

Rule 1: it is read on a phone: 1080 pixels wide, letters no smaller than 26 pixels, dark on light.
Rule 2: Chinese is drawn with a Chinese font of the machine; where there is none, the labels are English rather than empty boxes.

Pillow draws it: a few megabytes that load in milliseconds, can take the Simplified Chinese face out of a font collection, and measure the
words of a table; a plotting library would bring ten times as much and a font cache to be written at the first chart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from PIL import Image, ImageDraw, ImageFont

from kuaihui.incident.alerts import measured
from kuaihui.incident.evidence import ChangesListed, LoggedSignature, LogsSearched, Looked, MetricsRead, RedisInspected
from kuaihui.language import Text, named, plain, say, text

WIDTH: Final = 1080
_EDGE: Final = 40
_LETTER: Final = 28
_LINE: Final = 44
_MOST_ROWS: Final = 8
_PLOT: Final = 420
_SHORTEST: Final = timedelta(minutes=2)  # that a chart shows
_FEW: Final = 12  # points that are drawn one by one
_INK, _PALE, _PAPER, _HOT, _MARK = "#1f2329", "#8f959e", "#ffffff", "#d83931", "#245bdb"
_SERIES: Final = ("#d83931", "#245bdb", "#2ea121", "#8f5bd6", "#de7802")
# Where Debian, Fedora, Alpine, macOS and the common images keep a Chinese font; with the face of Simplified Chinese in a collection.
_FONTS: Final = (
    ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", 2),
    ("/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc", 2),
    ("/usr/share/fonts/noto/NotoSansCJK-Regular.ttc", 2),
    ("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", 0),
    ("/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc", 0),
    ("/System/Library/Fonts/PingFang.ttc", 0),
)


class Mark(msgspec.Struct, frozen=True):
    """An instant worth a line in a chart, and what it is."""

    at: datetime
    says: Text


class Row(msgspec.Struct, frozen=True):
    """One row of a table: a short figure, and words; `hot` rows are the ones to look at."""

    figure: str
    words: str
    hot: bool = False
    note: str = ""  # below the words, pale


def picture(look: Looked, language: str, zone: str, marks: Sequence[Mark] = (), names: Mapping[str, str] | None = None) -> bytes | None:
    """The PNG of a look, with instants in the zone and services by their `names` (in the language); None where there is nothing to draw."""
    spoken = language if language == "en" or chinese_font() else "en"
    match look:
        case MetricsRead():
            return _chart(look, spoken, ZoneInfo(zone), marks)
        case LogsSearched():
            return _table(say(look.said, spoken, names), _signature_rows(look, ZoneInfo(zone), spoken), spoken)
        case RedisInspected():
            rows = [Row(f"{one.weight:.0%}", say(one.says, spoken), one.weight >= 0.5) for one in look.findings]
            return _table(say(look.said, spoken, names), rows, spoken)
        case ChangesListed():
            return _table(say(look.said, spoken, names), _change_rows(look, ZoneInfo(zone), names or {}), spoken)
        case _:
            return None


@cache
def chinese_font() -> tuple[str, int] | None:
    """A font of this machine that has Chinese, with the face in it."""
    return next((font for font in _FONTS if Path(font[0]).exists()), None)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    found = chinese_font()
    return (
        ImageFont.truetype(found[0], size, index=found[1], layout_engine=ImageFont.Layout.BASIC) if found else ImageFont.load_default(size)
    )


# -- tables ------------------------------------------------------------------------------------------------------------------------------


def _signature_rows(look: LogsSearched, zone: ZoneInfo, language: str) -> list[Row]:
    return [
        Row(f"{one.count:,}", " ".join(one.template.split()), one.score >= 0.5 or bool(one.new), say(_since(one, zone), language))
        for one in look.signatures
    ]


def _since(one: LoggedSignature, zone: ZoneInfo) -> Text:
    """Since when, and whether it is new: what tells the line of the break from the noise of every day."""
    at = one.onset or one.first
    if at is None:
        return plain("")
    when = f"{at.astimezone(zone):%H:%M:%S}"
    if one.new is None:
        return text("since {when}", when=when)
    return text("new, since {when}", when=when) if one.new else text("known, since {when}", when=when)


def _change_rows(look: ChangesListed, zone: ZoneInfo, names: Mapping[str, str]) -> list[Row]:
    said = (" ".join((named(f"service:{one.service}", names), one.title, named(one.author, names))).strip() for one in look.changes)
    return [Row(f"{one.at.astimezone(zone):%m-%d %H:%M}", words) for one, words in zip(look.changes, said, strict=True)]


def _table(title: str, rows: Sequence[Row], language: str) -> bytes | None:
    if not rows:
        return None
    shown = rows[:_MOST_ROWS]
    left = _EDGE + 24 + max(round(_font(_LETTER).getlength(row.figure)) for row in shown)
    wrapped = [_wrapped(row.words, WIDTH - left - _EDGE, 2) for row in shown]
    head = _wrapped(title, WIDTH - 2 * _EDGE, 2)
    lines = len(head) + sum(map(len, wrapped)) + sum(bool(row.note) for row in shown) + (len(rows) > len(shown))
    height = _EDGE * 2 + _LINE * lines + 14 * (len(shown) + 1)
    image, pen = _paper(height)
    y = _write(pen, head, _EDGE, _EDGE, _INK) + 14
    for row, lines in zip(shown, wrapped, strict=True):
        if row.hot:
            pen.rectangle((_EDGE - 18, y + 4, _EDGE - 10, y + _LINE * (len(lines) + bool(row.note)) - 6), fill=_HOT)
        pen.text((_EDGE, y), row.figure, font=_font(_LETTER), fill=_HOT if row.hot else _INK)
        y = _write(pen, lines, left, y, _INK)
        y = _write(pen, [row.note] if row.note else [], left, y, _PALE) + 14
    if len(rows) > len(shown):
        pen.text((_EDGE, y), say(text("and {count} more", count=len(rows) - len(shown)), language), font=_font(_LETTER), fill=_PALE)
    return _png(image)


def _wrapped(words: str, width: int, most: int) -> list[str]:
    """The words in lines of this width, at most so many; what is left out is shown by an ellipsis."""
    # A log line may hold anything; what is not to be seen would at best be drawn as an empty box.
    lines, rest = list[str](), "".join(sign if sign.isprintable() else " " for sign in words)
    while rest and len(lines) < most:
        fits = _fitting(rest, width)
        lines.append(rest[:fits])
        rest = rest[fits:].lstrip()
    if rest and lines:
        lines[-1] = lines[-1][:-2] + "…"
    return lines or [""]


def _fitting(words: str, width: int) -> int:
    low, high = 1, len(words)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if _font(_LETTER).getlength(words[:middle]) <= width else (low, middle - 1)
    space = words.rfind(" ", 0, low)
    return space + 1 if low < len(words) and space > low * 2 // 3 else low


# -- charts ------------------------------------------------------------------------------------------------------------------------------


class _Frame(msgspec.Struct, frozen=True):
    """Where instants and values stand in the chart."""

    since: datetime
    until: datetime
    top: float
    upper: int  # pixels
    left: int

    def x(self, at: datetime) -> float:
        whole = max(1.0, (self.until - self.since).total_seconds())
        return self.left + (WIDTH - self.left - _EDGE) * min(1.0, max(0.0, (at - self.since).total_seconds() / whole))

    def y(self, value: float) -> float:
        return self.upper + _PLOT * (1 - max(0.0, min(1.0, value / self.top)))


def _chart(look: MetricsRead, language: str, zone: ZoneInfo, marks: Sequence[Mark]) -> bytes | None:
    highest = look.max
    if highest is None:
        return None
    look = msgspec.structs.replace(look, since=_first_seen(look))
    top = max(highest, look.usual[1] if look.usual else 0.0) * 1.15 or 1.0
    head = _wrapped(_title(look, language), WIDTH - 2 * _EDGE, 2)
    inside = [mark for mark in sorted(marks, key=lambda one: one.at) if look.since <= mark.at <= look.until][:4]
    upper = _EDGE + _LINE * len(head) + 20
    image, pen = _paper(upper + _PLOT + _LINE * (2 + len(inside)) + _EDGE)
    frame = _Frame(look.since, look.until, top, upper, _EDGE + 150)
    _write(pen, head, _EDGE, _EDGE, _INK)
    _grid(pen, frame, look, zone)
    for number, one in enumerate(look.series[: len(_SERIES)]):
        points = [(frame.x(at), frame.y(value)) for at, value in one.points]
        if len(points) > 1:
            pen.line(points, fill=_SERIES[number], width=5 if number == 0 else 3, joint="curve")
        for x, y in points if len(points) <= _FEW else points[-1:]:
            pen.ellipse((x - 7, y - 7, x + 7, y + 7), fill=_SERIES[number])
    _draw_marks(pen, frame, inside, language, zone)
    return _png(image)


def _first_seen(look: MetricsRead) -> datetime:
    """Where the chart begins: a number that is younger than the span is not to be a dot at its edge."""
    first = min((one.points[0][0] for one in look.series if one.points), default=look.since)
    return max(look.since, min(first, look.until - _SHORTEST))


def _title(look: MetricsRead, language: str) -> str:
    last, highest = look.last or 0.0, look.max or 0.0
    words = text(
        "{what}: {last} now, at most {max}",
        what=look.about or look.expression,
        last=measured(last, look.unit),
        max=measured(highest, look.unit),
    )
    return say(words, language)


def _grid(pen: ImageDraw.ImageDraw, frame: _Frame, look: MetricsRead, zone: ZoneInfo) -> None:
    if look.usual:
        pen.rectangle((frame.left, frame.y(look.usual[1]), WIDTH - _EDGE, frame.y(look.usual[0])), fill="#e4f3e1")
    for part in (0.0, 0.5, 1.0):
        value = frame.top / 1.15 * part
        pen.line((frame.left, frame.y(value), WIDTH - _EDGE, frame.y(value)), fill="#dee0e3", width=2)
        pen.text((_EDGE, frame.y(value) - _LETTER / 2 - 6), measured(value, look.unit), font=_font(_LETTER), fill=_PALE)
    base = frame.upper + _PLOT + 10
    for part in (0.0, 0.5, 1.0):
        at = frame.since + (frame.until - frame.since) * part
        words = f"{at.astimezone(zone):%H:%M}"
        shift = _font(_LETTER).getlength(words) * part
        pen.text((frame.x(at) - shift, base), words, font=_font(_LETTER), fill=_PALE)


def _draw_marks(pen: ImageDraw.ImageDraw, frame: _Frame, marks: Sequence[Mark], language: str, zone: ZoneInfo) -> None:
    y = frame.upper + _PLOT + _LINE + 20
    for number, mark in enumerate(marks, 1):
        x = frame.x(mark.at)
        for begin in range(frame.upper, frame.upper + _PLOT, 16):
            pen.line((x, begin, x, begin + 8), fill=_MARK, width=3)
        pen.text((x + 6, frame.upper - 4), str(number), font=_font(_LETTER), fill=_MARK)
        line = f"{number}  {mark.at.astimezone(zone):%H:%M:%S}  {say(mark.says, language)}"
        y = _write(pen, _wrapped(line, WIDTH - 2 * _EDGE, 1), _EDGE, y, _MARK)


# -- paper -------------------------------------------------------------------------------------------------------------------------------


def _paper(height: int) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", (WIDTH, height), _PAPER)
    return image, ImageDraw.Draw(image)


def _write(pen: ImageDraw.ImageDraw, lines: Sequence[str], x: int, y: int, ink: str) -> int:
    for line in lines:
        pen.text((x, y), line, font=_font(_LETTER), fill=ink)
        y += _LINE
    return y


def _png(image: Image.Image) -> bytes:
    kept = BytesIO()
    image.quantize(64).save(kept, "PNG", optimize=True)
    return kept.getvalue()
