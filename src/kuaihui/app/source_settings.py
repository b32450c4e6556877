"""
The sections of settings for sources of evidence: `[prometheus.main]`, `[logfiles.nginx]`, `[redis.center]` …

Rule 1: several of one product are set up by name; the catalog names one as `from: prometheus.main`, or the first as `from: prometheus`.
Rule 2: secrets need not stand in the file: KUAIHUI_GITLAB__MAIN__TOKEN in the environment overrides `token` under [gitlab.main].
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Source(BaseModel):
    """One source; a key it does not know is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PrometheusSource(Source):
    """Prometheus, VictoriaMetrics, Thanos, Mimir or AOM: `url` up to, but without, "/api/v1". `tenant` is sent as X-Scope-OrgID."""

    url: str
    token: str = Field(default="", repr=False)
    username: str = ""
    password: str = Field(default="", repr=False)
    tenant: str = ""
    link: str = ""


class LogFilesSource(Source):
    """Files on this machine, or units of systemd's journal; `zone` is that of times which name none."""

    paths: tuple[str, ...] = ()
    form: Literal["json", "plain"] = "json"
    zone: str = "UTC"
    journal: bool = False
    units: tuple[str, ...] = ()


class LokiSource(Source):
    """
    Grafana Loki; `page` is lowered where the server allows fewer lines a query.

    `link` is the address of the Grafana that shows it, `datasource` its uid there: evidence then leads back to the same query.
    """

    url: str
    token: str = Field(default="", repr=False)
    username: str = ""
    password: str = Field(default="", repr=False)
    tenant: str = ""
    link: str = ""
    datasource: str = "loki"
    page: int = Field(default=5_000, ge=1)


class ElasticsearchSource(Source):
    """Elasticsearch or OpenSearch; an API key, or a user who may read. `link`: the Kibana (or Dashboards) that shows it."""

    url: str
    api_key: str = Field(default="", repr=False)
    username: str = ""
    password: str = Field(default="", repr=False)
    link: str = ""
    page: int = Field(default=5_000, ge=1, le=10_000)


class LtsSource(Source):
    """
    Huawei Cloud LTS; `url` is the region's endpoint, `project` the project's id,
    the keys those of a user with lts:logs:list. `link`: another console.
    """

    url: str
    project: str
    access_key: str
    secret_key: str = Field(default="", repr=False)
    link: str = ""
    page: int = Field(default=1_000, ge=1, le=5_000)


class GitLabSource(Source):
    """GitLab; the token needs the scope read_api."""

    url: str = "https://gitlab.com"
    token: str = Field(default="", repr=False)


class GitHubSource(Source):
    """GitHub; the token may read contents, deployments, pull requests and actions."""

    url: str = "https://api.github.com"
    token: str = Field(default="", repr=False)


class ArgoCDSource(Source):
    """Argo CD; the token is that of an account that may get applications."""

    url: str
    token: str = Field(default="", repr=False)


class KubernetesSource(Source):
    """A cluster's API; the token may get deployments and rollouts and list replicasets; `authority`: its certificate authority's file."""

    url: str
    token: str = Field(default="", repr=False)
    authority: str = ""


class RedisSource(Source):
    """One Redis, or any node of one cluster: `redis://user@host:port`, `rediss://…` for TLS. `monitor` = false: never use MONITOR."""

    url: str = Field(repr=False)
    password: str = Field(default="", repr=False)
    monitor: bool = True
