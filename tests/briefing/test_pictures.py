"""Evidence as a picture: as wide as a phone shows, with the words of the reader's language, whatever was seen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from kuaihui.briefing import pictures
from kuaihui.briefing.pictures import WIDTH, Mark, picture
from kuaihui.incident.evidence import Change, ChangesListed, LoggedSignature, LogsSearched, Looked, MetricsRead, RedisInspected, Series
from kuaihui.language import plain
from tests.diagnosis.scenes import redis

AT = datetime(2023, 3, 11, 3, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
ZONE = "Asia/Shanghai"


def metric(*values: float) -> MetricsRead:
    points = tuple((AT - HOUR + HOUR * number / max(1, len(values)), value) for number, value in enumerate(values))
    series = (Series(points=points, last=values[-1], max=max(values), min=min(values)),) if values else ()
    return MetricsRead(at=AT, identity="m", expression="up", since=AT - HOUR, until=AT, series=series, usual=(0.0, 0.01), unit="ratio")


def logged(*templates: str) -> LogsSearched:
    found = tuple(LoggedSignature(template=template, count=4000, score=0.9) for template in templates)
    return LogsSearched(at=AT, identity="l", service="config-center", since=AT - HOUR, until=AT, total=4100, signatures=found)


def opened(drawn: bytes | None) -> Image.Image:
    assert drawn is not None
    return Image.open(BytesIO(drawn)).convert("RGB")


def inked(image: Image.Image) -> int:
    """How many pixels are not paper."""
    return sum(image.convert("L").histogram()[:200])


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    "look",
    [
        metric(0.001, 0.002, 0.1),
        logged("redis: connection pool timeout", "热 key <*> 超时"),
        redis(("hot key", 0.8), ("busy", 0.5)),
        ChangesListed(at=AT, identity="c", since=AT, until=AT, changes=(Change(id="d", kind="deployment", at=AT, title="v1.8.2"),)),
    ],
    ids=lambda look: type(look).__name__,
)
def test_every_look_has_a_picture_as_wide_as_a_phone_shows(look: Looked, language: str) -> None:
    image = opened(picture(look, language, ZONE))

    assert image.width == WIDTH
    assert inked(image) > 1000


def test_a_look_without_anything_has_no_picture() -> None:
    assert picture(metric(), "zh", ZONE) is None
    assert picture(RedisInspected(at=AT, identity="r"), "zh", ZONE) is None


def test_what_was_marked_is_drawn_only_inside_the_span() -> None:
    within, outside = (Mark(at, plain("v1.9.0")) for at in (AT - HOUR / 2, AT - 2 * HOUR))
    bare = picture(metric(0.1, 0.2), "en", ZONE)

    assert picture(metric(0.1, 0.2), "en", ZONE, [outside]) == bare
    assert opened(picture(metric(0.1, 0.2), "en", ZONE, [within])).height > opened(bare).height


def test_without_a_chinese_font_the_words_are_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "chinese_font", lambda: None)
    pictures._font.cache_clear()  # a machine's fonts do not change, but this test's do

    chinese, english = picture(metric(0.1, 0.2), "zh", ZONE), picture(metric(0.1, 0.2), "en", ZONE)
    pictures._font.cache_clear()  # the next test has its own again

    assert chinese == english


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(max_size=400), min_size=1, max_size=12))
def test_no_wording_breaks_a_table(templates: list[str]) -> None:
    assert opened(picture(logged(*templates), "en", ZONE)).width == WIDTH


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=120))
def test_no_values_break_a_chart(values: list[float]) -> None:
    assert opened(picture(metric(*values), "zh", ZONE)).width == WIDTH
