"""Evidence as a picture: as wide as a phone shows, with the words of the reader's language, whatever was seen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import BytesIO

import msgspec
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


def test_a_service_goes_by_its_name() -> None:
    change = Change(id="d", kind="deployment", at=AT, service="config-center", title="v1.8.2")
    changed = ChangesListed(at=AT, identity="c", since=AT, until=AT, changes=(change,))
    names = {"service:config-center": "配置中心"}
    as_if = msgspec.structs.replace(changed, changes=(msgspec.structs.replace(change, service="配置中心"),))

    assert picture(changed, "zh", ZONE, names=names) == picture(as_if, "zh", ZONE)
    assert picture(logged("pool timeout"), "zh", ZONE, names=names) != picture(logged("pool timeout"), "zh", ZONE)


def test_a_look_without_anything_has_no_picture() -> None:
    assert picture(metric(), "zh", ZONE) is None
    assert picture(RedisInspected(at=AT, identity="r"), "zh", ZONE) is None


def test_what_was_marked_is_drawn_only_inside_the_span() -> None:
    within, outside = (Mark(at, plain("v1.9.0")) for at in (AT - HOUR / 2, AT - 2 * HOUR))
    bare = picture(metric(0.1, 0.2), "en", ZONE)

    assert picture(metric(0.1, 0.2), "en", ZONE, [outside]) == bare
    assert opened(picture(metric(0.1, 0.2), "en", ZONE, [within])).height > opened(bare).height


def test_a_number_younger_than_the_span_is_drawn_across_the_chart_and_not_at_its_edge() -> None:
    young = msgspec.structs.replace(
        metric(0.1), series=(Series(points=tuple((AT - timedelta(seconds=15 * n), 0.1) for n in (4, 3, 2, 1))),)
    )
    image = opened(
        picture(msgspec.structs.replace(young, series=(msgspec.structs.replace(young.series[0], last=0.1, max=0.1),)), "en", ZONE)
    )
    red = [x for x in range(image.width) for y in range(image.height) if image.getpixel((x, y)) == (216, 57, 49)]

    assert max(red) - min(red) > 250


def test_a_signature_says_since_when_and_whether_it_is_new() -> None:
    timed = msgspec.structs.replace(logged("pool timeout").signatures[0], onset=AT, new=True)
    with_note = picture(msgspec.structs.replace(logged("pool timeout"), signatures=(timed,)), "en", ZONE)

    assert opened(with_note).height > opened(picture(logged("pool timeout"), "en", ZONE)).height


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
