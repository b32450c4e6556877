"""
The parts of a running stage as Kuaihui's sources of evidence: which settings find them, and a catalog whose service names them.

Rule 1: nothing of the team's catalog is changed: the stage's is a copy in which one service is measured and looked at where the stage is.
Rule 2: the house's port is chosen first, so that the stage's parts know where to post before the house is up; alerts are posted again.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal, cast

import yaml

from kuaihui.app.drill.stage.description import SERVICE
from kuaihui.app.drill.stage.expressions import ERROR_RATIO, KNOWN
from kuaihui.app.drill.stage.hooks import Hooks
from kuaihui.app.drill.stage.roles import Receiver
from kuaihui.app.drill.stage.standing import Addresses
from kuaihui.app.settings import Settings
from kuaihui.app.settings_sections import CatalogPlace, JournalPlace, Server
from kuaihui.app.settings_sections import Hooks as HookSettings
from kuaihui.app.source_settings import LogFilesSource, PrometheusSource, RedisSource
from kuaihui.errors import Refused
from kuaihui.language import text

NAME: Final = "stage"  # the stage's sources are set up as [prometheus.stage], [logfiles.stage], [redis.stage]
SIGNAL: Final = {"zh": "网关 5xx 占比", "en": "gateway 5xx ratio"}  # what the stage measures, where the catalog has no name for it
USUAL: Final = 0.01  # the share of failed answers that is usual, where the team's catalog does not say it
# What the catalog says of the service that the stage breaks.
SOURCES: Final[Mapping[str, Mapping[str, str]]] = {
    "metrics": {"from": f"prometheus.{NAME}"},
    "logs": {"from": f"logfiles.{NAME}"},
    "changes": {"from": "changes"},
    "redis": {"from": "redis", "name": NAME},
}

# How the canary's requests are told from everybody's.
BY_ENVIRONMENT: Final = str(KNOWN["error_ratio_by_environment"])
CANARY: Final = {"expression": BY_ENVIRONMENT, "label": "environment", "canary": "canary", "stable": "full"}


def stage_hooks(server: Server, tokens: Mapping[str, str] | None = None) -> Hooks:
    """Where a stage posts its alerts and changes so that the house on this server hears them; `tokens` are those of the house's doors."""
    at, given = server.reached_at, tokens or {}
    return Hooks(
        alerts=Receiver(url=f"{at}/api/v2/alerts", token=given.get("prometheus", "")),
        changes=Receiver(url=f"{at}/hooks/changes", token=given.get("changes", "")),
    )


def stage_settings(
    addresses: Addresses,
    catalog: Path,
    server: Server,
    *,
    journal: str = "memory:",
    tokens: Mapping[str, str] | None = None,
    language: Literal["zh", "en"] = "zh",
) -> Settings:
    """The settings of a house that looks at this stage; `catalog` is a folder that `stage_catalog` has made."""
    return Settings(
        language=language,
        server=server,
        journal=JournalPlace(url=journal),
        catalog=CatalogPlace(folder=catalog),
        hooks=HookSettings(tokens=dict(tokens or {})),
        prometheus={NAME: PrometheusSource(url=addresses.prometheus)},
        logfiles={NAME: LogFilesSource(paths=(f"{addresses.logs}/{SERVICE}/*/*.log",), form="json")},
        redis={NAME: RedisSource(url=addresses.redis)},
    )


def stage_catalog(catalog: Path, into: Path, service: str = SERVICE) -> Path:
    """
    A copy of a catalog's folder in which the service that the stage plays is measured by the stage's metric and names its sources.

    Raises Refused where the catalog does not know the service.
    """
    shutil.copytree(catalog, into)
    for file in sorted([*into.glob("services.yaml"), *into.glob("services/*.yaml")]):
        services = cast("dict[str, Any]", yaml.safe_load(file.read_text(encoding="utf-8")) or {})  # Any: whatever the team wrote
        if service in services:
            services[service] = _on_stage(services[service])
            file.write_text(yaml.safe_dump(services, allow_unicode=True, sort_keys=False), encoding="utf-8")
            return into
    words = text(
        "the catalog has no service {service}, which breaks: name one of yours as `service` in a drill.yaml of your own", service=service
    )
    raise Refused(words)


def _on_stage(service: dict[str, Any]) -> dict[str, Any]:  # Any: as above
    usual = {"name": dict(SIGNAL), "unit": "ratio", "usual_high": USUAL}
    signal = usual | service.get("signal", {}) | {"expression": str(ERROR_RATIO)}
    sources = service.get("sources", {}) | {kind: dict(place) for kind, place in SOURCES.items()}
    hotfix = service.get("hotfix", {}) | {"canary": dict(CANARY)}
    return service | {"signal": signal, "sources": sources, "hotfix": hotfix}
