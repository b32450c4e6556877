"""What each of the stage's own programs is told to be: its one argument, as JSON. Ports are on loopback, times in seconds."""

from __future__ import annotations

import msgspec


class Pod(msgspec.Struct, frozen=True, kw_only=True):
    """One pod of the config center."""

    name: str
    environment: str
    version: str
    port: int
    redis: int
    log: str
    seed: int
    pool: int
    pool_timeout: float
    cache_seconds: float = 0.0
    fails: float = 0.0
    leaks: bool = False
    leak_seconds: float = 2.0
    dependency: int = 0  # port of the secrets service; 0 is without it


class Backend(msgspec.Struct, frozen=True, kw_only=True):
    """A pod as the gateway sees it."""

    port: int
    weight: int
    pod: str
    environment: str
    version: str


class Gateway(msgspec.Struct, frozen=True, kw_only=True):
    """The stage's own gateway: where it listens, who it serves (a file it reads again on SIGHUP), where it writes its access log."""

    port: int
    backends: str
    log: str
    timeout: float


class Exporter(msgspec.Struct, frozen=True, kw_only=True):
    """Turns the gateway's access log and Redis's INFO into metrics."""

    port: int
    log: str
    redis: int


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """
    The load generator: polls and base reads of a namespace by zipf law, hot reads of one namespace or one application.

    Of the hot pair "" means: draw it as for a base read.
    """

    gateway: int
    seed: int
    namespaces: int
    skew: float
    hot_namespace: str
    hot_application: str
    polls: float
    base: float
    hot: float
    log: str


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """Arrivals a second, told to the load generator while it runs."""

    polls: float
    base: float
    hot: float


class Governed(msgspec.Struct, frozen=True, kw_only=True):
    """A program and the share of one core it may use."""

    argv: list[str]
    cores: float


class Dependency(msgspec.Struct, frozen=True, kw_only=True):
    """The secrets service."""

    port: int


class Delay(msgspec.Struct, frozen=True, kw_only=True):
    """How long the secrets service takes from now on."""

    seconds: float


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """The reporting job."""

    redis: int
    clients: int
    lists: int


class Receiver(msgspec.Struct, frozen=True, kw_only=True):
    """Who is posted alerts, with the bearer token it asks for ("" for none)."""

    url: str
    token: str = ""


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """The stage's own scraper, rule evaluator and query API: it reads its targets from a Prometheus file_sd file."""

    port: int
    targets: str
    receivers: list[Receiver] = []
    resend: float = 5.0
    language: str = "zh"
    service: str = "config-center"  # that alerts name
