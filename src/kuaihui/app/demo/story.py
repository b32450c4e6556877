"""
The founding story, moment by moment, in the story's own time.

Nobody here waits for anything but the clock: what the machine does in between (the pages, the unread minute, the role that passes on, the
first look, the gates that are measured, the proof of recovery, the tasks) is the house's own doing, and is what the demo shows.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import httpx

from kuaihui.app.demo.beginning import BEGINS
from kuaihui.app.demo.cast import Actor, Gateway, Pipeline

__all__ = ["BEGINS", "ENDS", "Moment", "at", "script"]

BRANCH: Final = "hotfix/local-cache"
CLEARED: Final = 20  # minutes after the beginning
ENDS: Final = timedelta(minutes=42)
Happens = Callable[[str, datetime], Awaitable[None]]


@dataclass(frozen=True)
class Moment:
    """At this time after the beginning, this happens."""

    after: timedelta
    happens: Happens  # the incident's id (empty before there is one), and now


def at(minutes: int, seconds: int, happens: Happens) -> Moment:
    """A moment of the story."""
    return Moment(timedelta(minutes=minutes, seconds=seconds), happens)


def script(http: httpx.AsyncClient) -> list[Moment]:
    """Everything the cast, the gateway and the pipelines do, in order."""
    gateway, pipeline = Gateway(http, BEGINS - timedelta(seconds=20)), Pipeline(http, BRANCH)
    cast = {person: Actor(person, http) for person in ("dazhuang", "axin", "amao", "xiaomei", "ayi", "xiaoshuai", "laozhou")}
    rings = [at(minute, 0, lambda _, now: gateway.rings(now, 0.15)) for minute in range(1, CLEARED)]
    first = [
        at(0, 0, lambda _, __: pipeline.released_before(BEGINS - timedelta(days=3))),
        at(0, 0, lambda _, now: gateway.rings(now, 0.10)),
    ]
    moments = [
        *first,
        *rings,
        *_engage(cast),
        *_locate(cast),
        *_decide(cast),
        *_repair(cast, pipeline),
        *_recover(cast, gateway),
        *_after(cast),
    ]
    return sorted(moments, key=lambda moment: moment.after)


Cast = dict[str, Actor]


def _engage(cast: Cast) -> list[Moment]:
    """STORY 1 and 2: the alert, the on-call who does not read it, the room."""
    dazhuang, amao, xiaomei = cast["dazhuang"], cast["amao"], cast["xiaomei"]
    return [
        at(0, 25, lambda one, _: dazhuang.looks(one)),
        at(0, 35, lambda one, _: dazhuang.says(one, "@阿新 网关 5xx 到 10% 了，平时不到 1%，看一下")),
        at(1, 20, lambda one, _: dazhuang.acknowledges(one)),
        at(1, 30, lambda one, _: dazhuang.says(one, "阿新一直没读，我先接手。@阿茂 配置中心在报 500，15% 了")),
        at(1, 40, lambda one, _: dazhuang.joins(one)),
        at(1, 50, lambda one, _: amao.takes(one, "incident-lead")),
        at(1, 55, lambda one, _: amao.joins(one)),
        at(2, 10, lambda one, _: xiaomei.takes(one, "recovery-lead")),
        at(2, 15, lambda one, _: xiaomei.joins(one)),
        at(2, 30, lambda one, _: amao.says(one, "大壮做通讯员，阿新回来后跟着看。全员静音，需要时开麦，有发现都发群里")),
        at(2, 40, lambda one, _: dazhuang.says(one, "收到，文档和进展我来更新")),
        at(2, 50, lambda one, _: amao.calls_in(one, "operations", "看一下配置中心的 Redis")),
    ]


def _locate(cast: Cast) -> list[Moment]:
    """STORY 3.1 to 3.6: no runbook, the logs, the hot key; the superior is told by the house."""
    dazhuang, xiaomei, ayi, laozhou = cast["dazhuang"], cast["xiaomei"], cast["ayi"], cast["laozhou"]
    impact = "- 11:00 起，读取配置的接口约 15% 返回 500，经网关访问的业务都受影响\n- 配置的写入和下发不受影响\n- 未收到数据丢失的反馈"
    return [
        at(3, 10, lambda one, _: ayi.takes(one, "operations")),
        at(3, 12, lambda one, _: ayi.joins(one)),
        at(3, 20, lambda one, _: xiaomei.says(one, "没有适用的预案。上次发布在三天前，先排除发布")),
        at(3, 40, lambda one, _: xiaomei.says(one, "按排查指南看了 LTS:最近一小时大量 redis: connection pool timeout")),
        at(4, 0, lambda one, _: dazhuang.writes(one, "impact", impact)),
        at(4, 20, lambda one, _: ayi.says(one, "Redis 慢日志里全是同一个 hgetall,是热 key")),
        at(4, 40, lambda one, _: ayi.confirms(one, "redis-hot-key", "慢日志和命令采样都指向 config:gateway:routes")),
        at(5, 50, lambda one, _: laozhou.looks(one)),
        at(6, 10, lambda one, _: laozhou.says(one, "收到。需要其他团队配合随时找我")),
    ]


def _decide(cast: Cast) -> list[Moment]:
    """STORY 3.7 and 3.8: two proposals, one decision, the tester pulled in."""
    amao, xiaomei, ayi, xiaoshuai = cast["amao"], cast["xiaomei"], cast["ayi"], cast["xiaoshuai"]
    return [
        at(
            6,
            30,
            lambda one, _: xiaomei.proposes(
                one,
                "读路径加一层进程内缓存，缓存 2 秒",
                "热 key 的读基本不再打到 Redis,连接池恢复",
                "配置最多晚 2 秒生效，业务可以接受",
                "开关关闭即回到直接读 Redis",
            ),
        ),
        at(
            6,
            50,
            lambda one, _: ayi.proposes(
                one, "重启 Redis 主节点", "连接立即释放", "热 key 还在，几分钟后会再次打满；重启期间全部失败", "无"
            ),
        ),
        at(7, 10, lambda one, _: amao.chooses(one, "3", "治得到原因，有开关，不影响配置生效")),
        at(7, 15, lambda one, _: amao.drops(one, "4", "治不了热 key,重启期间影响更大")),
        at(7, 30, lambda one, _: amao.calls_in(one, "xiaoshuai", "热修复走单测和预发布，请准备在预发布验证")),
        at(7, 50, lambda one, _: xiaoshuai.reads_the_document(one)),
        at(8, 0, lambda one, _: xiaoshuai.takes(one, "tester")),
        at(8, 5, lambda one, _: xiaoshuai.joins(one)),
    ]


def _repair(cast: Cast, pipeline: Pipeline) -> list[Moment]:
    """STORY 4: the hotfix through its gates, by what the pipelines tell and by words in the topic."""
    xiaomei, xiaoshuai = cast["xiaomei"], cast["xiaoshuai"]
    title = "读路径加进程内缓存"
    return [
        at(8, 20, lambda one, _: xiaomei.starts_the_hotfix(one, title, BRANCH, "3")),
        at(9, 30, lambda _, now: pipeline.tells(now, "merge_request", "opened", title)),
        at(10, 30, lambda _, now: pipeline.tells(now, "pipeline", "success", "unit tests")),
        at(11, 20, lambda _, now: pipeline.tells(now, "review", "approved", title, author="阿茂")),
        at(12, 10, lambda _, now: pipeline.tells(now, "deployment", "success", title, environment="pre-production")),
        at(13, 40, lambda one, _: xiaoshuai.passes_the_gate(one, "test", "预发布验证通过：配置读取、下发、开关各验一遍")),
        at(14, 30, lambda _, now: pipeline.tells(now, "deployment", "success", title, environment="production-canary")),
        at(18, 0, lambda _, now: pipeline.tells(now, "deployment", "success", title, environment="production")),
    ]


def _recover(cast: Cast, gateway: Gateway) -> list[Moment]:
    """STORY 5.1 and 5.2: the alert clears, the recovery is claimed; the house proves it and watches on."""
    amao, xiaomei = cast["amao"], cast["xiaomei"]
    return [
        at(CLEARED, 0, lambda _, now: gateway.clears(now)),
        at(CLEARED, 10, lambda one, _: xiaomei.says(one, "网关 5xx 归零，Redis 每秒命令数从五万多降到三千")),
        at(CLEARED, 20, lambda one, _: amao.says(one, "恢复了。大家休息，我再看十分钟")),
    ]


def _after(cast: Cast) -> list[Moment]:
    """STORY 6: Axin is back: reads, likes the topic message and the document, leaves a note."""
    axin = cast["axin"]
    return [
        at(39, 0, lambda one, _: axin.looks(one)),
        at(39, 20, lambda one, _: axin.likes_the_call(one)),
        at(39, 40, lambda one, _: axin.reads_the_document(one)),
        at(39, 50, lambda one, _: axin.likes(one, "document")),
        at(40, 30, lambda one, _: axin.says(one, "抱歉，手机上午被偷了，刚回到酒店用上电脑。进展都看了，辛苦大家")),
    ]
