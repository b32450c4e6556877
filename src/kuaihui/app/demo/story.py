"""
The founding story's first half, moment by moment, in the story's own time.

Nobody here waits for anything but the clock: what the machine does in between (the pages, the unread minute, the role that passes on) is
the house's own doing, and is what the demo shows.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import httpx

from kuaihui.app.demo.cast import Actor, Gateway

# STORY 1.1: Saturday 2023-03-11 11:00 in Shanghai.
BEGINS: Final = datetime(2023, 3, 11, 11, 0, tzinfo=ZoneInfo("Asia/Shanghai")).astimezone(UTC)


@dataclass(frozen=True)
class Moment:
    """At this time after the beginning, this happens."""

    after: timedelta
    happens: Callable[[str, datetime], Awaitable[None]]  # the incident's id (empty before there is one), and now


def at(minutes: int, seconds: int, happens: Callable[[str, datetime], Awaitable[None]]) -> Moment:
    """A moment of the story."""
    return Moment(timedelta(minutes=minutes, seconds=seconds), happens)


def script(http: httpx.AsyncClient) -> list[Moment]:
    """Everything the cast and the gateway do, in order."""
    gateway = Gateway(http, BEGINS - timedelta(seconds=20))
    dazhuang, amao, xiaomei, ayi = (Actor(person, http) for person in ("dazhuang", "amao", "xiaomei", "ayi"))
    rings = [at(minute, 0, lambda _, now: gateway.rings(now, 0.15)) for minute in range(1, 8)]
    people = [
        at(0, 25, lambda one, _: dazhuang.looks(one)),
        at(0, 35, lambda one, _: dazhuang.says(one, "@阿新 网关 5xx 到 10% 了,平时不到 1%,看一下")),
        at(1, 20, lambda one, _: dazhuang.acknowledges(one)),
        at(1, 30, lambda one, _: dazhuang.says(one, "阿新一直没读,我先接手。@阿茂 配置中心在报 500,15% 了")),
        at(1, 40, lambda one, _: dazhuang.joins(one)),
        at(1, 50, lambda one, _: amao.takes(one, "incident-lead")),
        at(1, 55, lambda one, _: amao.joins(one)),
        at(2, 10, lambda one, _: xiaomei.takes(one, "recovery-lead")),
        at(2, 15, lambda one, _: xiaomei.joins(one)),
        at(2, 30, lambda one, _: amao.says(one, "大壮做通讯员,阿新回来后跟着看。全员静音,有发现发群里")),
        at(2, 50, lambda one, _: amao.calls_in(one, "operations", "看一下配置中心的 Redis")),
        at(3, 10, lambda one, _: ayi.joins(one)),
        at(3, 40, lambda one, _: xiaomei.says(one, "LTS 里最近一小时大量 redis: connection pool timeout")),
        at(4, 20, lambda one, _: ayi.says(one, "Redis 慢日志贴上来了,像是一个热 key")),
        at(6, 0, lambda one, _: xiaomei.says(one, "读路径加一层进程内缓存,不影响配置生效时间")),
        at(8, 0, lambda _, now: gateway.clears(now)),
        at(8, 20, lambda one, _: amao.says(one, "恢复了。大家休息,我再看十分钟")),
    ]
    first = at(0, 0, lambda _, now: gateway.rings(now, 0.10))
    return sorted([first, *rings, *people], key=lambda moment: moment.after)
