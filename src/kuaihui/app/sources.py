"""The sources of evidence that are set up, built in one place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, Protocol

from kuaihui.app import source_settings
from kuaihui.app.settings import Settings
from kuaihui.integrations.argocd import list_changes as argocd
from kuaihui.integrations.changes.list_changes import Changes
from kuaihui.integrations.elasticsearch import search_logs as elasticsearch
from kuaihui.integrations.github import list_changes as github
from kuaihui.integrations.gitlab import list_changes as gitlab
from kuaihui.integrations.kubernetes import list_changes as kubernetes
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


# By the section's name in the settings: how its source is made of what stands there and of its own name.
_MAKERS: Final[Mapping[str, Callable[[dict[str, Any], str], Source]]] = {
    "prometheus": lambda given, name: prometheus.Prometheus(prometheus.Access(**given), name),
    "logfiles": lambda given, name: LogFiles(Place(**given), name),
    "loki": lambda given, name: loki.Loki(loki.Access(**given), name),
    "elasticsearch": lambda given, name: elasticsearch.Elasticsearch(elasticsearch.Access(**given), name),
    "lts": lambda given, name: lts.Lts(lts.Access(**given), name),
    "gitlab": lambda given, name: gitlab.GitLab(gitlab.Access(**given), name),
    "github": lambda given, name: github.GitHub(github.Access(**given), name),
    "argocd": lambda given, name: argocd.ArgoCD(argocd.Access(**given), name),
    "kubernetes": lambda given, name: kubernetes.Kubernetes(kubernetes.Access(**given), name),
}


def sources_of(settings: Settings, journal: Journal, clock: Clock) -> list[Source]:
    """One integration for each source in the settings, in the order they stand there. Raises BadSettings for a Redis url that is none."""
    built: list[Source] = [Changes(journal)]
    for section, make in _MAKERS.items():
        sources: Mapping[str, source_settings.Source] = getattr(settings, section)
        built += [make(one.model_dump(), f"{section}.{name}") for name, one in sources.items()]
    if settings.redis:
        built.append(RedisCarrier({name: _redis(one) for name, one in settings.redis.items()}, clock.now))
    return built


def _redis(one: source_settings.RedisSource) -> RedisSettings:
    found = RedisSettings.from_url(one.url)
    found = replace(found, password=one.password) if one.password else found
    return replace(found, cost=replace(found.cost, monitor=one.monitor))
