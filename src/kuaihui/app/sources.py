"""The sources of evidence that are set up, built in one place."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from kuaihui.app.settings import Settings
from kuaihui.app.source_settings import RedisSource
from kuaihui.integrations.changes.list_changes import Changes
from kuaihui.integrations.elasticsearch import search_logs as elasticsearch
from kuaihui.integrations.gitlab import list_changes as gitlab
from kuaihui.integrations.logfiles.search_logs import LogFiles, Place
from kuaihui.integrations.loki import search_logs as loki
from kuaihui.integrations.lts import search_logs as lts
from kuaihui.integrations.prometheus import read_metrics as prometheus
from kuaihui.integrations.redis.carry import RedisCarrier
from kuaihui.integrations.redis.settings import RedisSettings
from kuaihui.journal.journal import Journal
from kuaihui.loop import Clock, Integration


class Source(Integration, Protocol):
    """An integration that only looks."""

    async def close(self) -> None:
        """Close its connections."""
        ...


def sources_of(settings: Settings, journal: Journal, clock: Clock) -> list[Source]:
    """One integration for each source in the settings, in the order they stand there. Raises BadSettings for a Redis url that is none."""
    built: list[Source] = [Changes(journal)]
    for name, one in settings.prometheus.items():
        built.append(prometheus.Prometheus(prometheus.Access(**one.model_dump()), f"prometheus.{name}"))
    for name, one in settings.logfiles.items():
        built.append(LogFiles(Place(**one.model_dump()), f"logfiles.{name}"))
    for name, one in settings.loki.items():
        built.append(loki.Loki(loki.Access(**one.model_dump()), f"loki.{name}"))
    for name, one in settings.elasticsearch.items():
        built.append(elasticsearch.Elasticsearch(elasticsearch.Access(**one.model_dump()), f"elasticsearch.{name}"))
    for name, one in settings.lts.items():
        built.append(lts.Lts(lts.Access(**one.model_dump()), f"lts.{name}"))
    for name, one in settings.gitlab.items():
        built.append(gitlab.GitLab(gitlab.Access(**one.model_dump()), f"gitlab.{name}"))
    if settings.redis:
        built.append(RedisCarrier({name: _redis(one) for name, one in settings.redis.items()}, clock.now))
    return built


def _redis(one: RedisSource) -> RedisSettings:
    found = RedisSettings.from_url(one.url)
    found = replace(found, password=one.password) if one.password else found
    return replace(found, cost=replace(found.cost, monitor=one.monitor))
