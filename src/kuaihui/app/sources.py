"""The sources of evidence that are set up, built in one place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, Protocol

from kuaihui.app import source_settings
from kuaihui.app.settings import Settings
from kuaihui.carrying import Integration
from kuaihui.diagnosis.scrubbing import Scrubber
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
from kuaihui.integrations.redis.key_names import KeyNames
from kuaihui.integrations.redis.settings import RedisSettings
from kuaihui.journal.journal import Journal
from kuaihui.loop import Clock


class Source(Integration, Protocol):
    """An integration that only looks."""

    async def close(self) -> None:
        """Close its connections."""
        ...


# By the section's name in the settings: how its source is made of what stands there, of its own name, and of what it is to scrub.
_MAKERS: Final[Mapping[str, Callable[[dict[str, Any], str, Scrubber], Source]]] = {
    "prometheus": lambda given, name, scrub: prometheus.Prometheus(prometheus.Access(**given), name, scrub=scrub),
    "logfiles": lambda given, name, scrub: LogFiles(Place(**given), name, scrub),
    "loki": lambda given, name, scrub: loki.Loki(loki.Access(**given), name, scrub=scrub),
    "elasticsearch": lambda given, name, scrub: elasticsearch.Elasticsearch(elasticsearch.Access(**given), name, scrub=scrub),
    "lts": lambda given, name, scrub: lts.Lts(lts.Access(**given), name, scrub=scrub),
    "gitlab": lambda given, name, scrub: gitlab.GitLab(gitlab.Access(**given), name, scrub=scrub),
    "github": lambda given, name, scrub: github.GitHub(github.Access(**given), name, scrub=scrub),
    "argocd": lambda given, name, scrub: argocd.ArgoCD(argocd.Access(**given), name, scrub=scrub),
    "kubernetes": lambda given, name, scrub: kubernetes.Kubernetes(kubernetes.Access(**given), name, scrub=scrub),
}


def sources_of(settings: Settings, journal: Journal, clock: Clock) -> list[Source]:
    """One integration for each source in the settings, in the order they stand there. Raises BadSettings for a Redis url that is none."""
    scrub = settings.scrubbing.scrubber
    built: list[Source] = [Changes(journal, scrub)]
    for section, make in _MAKERS.items():
        sources: Mapping[str, source_settings.Source] = getattr(settings, section)
        built += [make(one.model_dump(), f"{section}.{name}", scrub) for name, one in sources.items()]
    if settings.redis:
        built.append(RedisCarrier({name: _redis(one, scrub) for name, one in settings.redis.items()}, clock.now))
    return built


def _redis(one: source_settings.RedisSource, scrub: Scrubber) -> RedisSettings:
    found = RedisSettings.from_url(one.url, key_names=KeyNames(scrub=scrub))
    found = replace(found, password=one.password) if one.password else found
    return replace(found, cost=replace(found.cost, monitor=one.monitor))
