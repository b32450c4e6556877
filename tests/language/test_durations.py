"""Spans in words, in both languages."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kuaihui.language import say
from kuaihui.language.durations import in_words, roughly, say_duration


@pytest.mark.parametrize(
    "span, zh, en",
    [
        (timedelta(), "0 秒", "0 s"),
        (timedelta(seconds=42), "42 秒", "42 s"),
        (timedelta(minutes=10), "10 分钟", "10 min"),
        (timedelta(seconds=98), "1 分 38 秒", "1 min 38 s"),
        (timedelta(hours=1), "1 小时", "1 h"),
        (timedelta(minutes=125), "2 小时 5 分", "2 h 5 min"),
        (timedelta(hours=71), "2 天 23 小时", "2d 23h"),
        (timedelta(days=3), "3 天", "3d"),
        (timedelta(seconds=-5), "0 秒", "0 s"),
    ],
)
def test_a_span_in_words(span: timedelta, zh: str, en: str) -> None:
    assert (say(in_words(span), "zh"), say(in_words(span), "en")) == (zh, en)


@pytest.mark.parametrize("seconds, zh", [(20, "20 秒"), (100, "2 分钟"), (95 * 60, "1 小时 35 分")])
def test_a_span_is_rounded_to_minutes_where_seconds_are_noise(seconds: int, zh: str) -> None:
    assert say(roughly(timedelta(seconds=seconds)), "zh") == zh


@pytest.mark.parametrize("hours, zh", [(1.5, "1:30:00"), (47.99, "47:59:24"), (71, "2 天 23 小时"), (48, "2 天")])
def test_a_clock_turns_into_days_in_the_readers_language(hours: float, zh: str) -> None:
    assert say(say_duration(timedelta(hours=hours)), "zh") == zh
