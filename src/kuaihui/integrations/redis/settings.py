"""
Where a Redis is, who we are there, and what the look may cost.

Rule 1: no password is ever shown by a repr, a log line or an error.
Rule 2: every bound here is a promise to the server's owner; a look that would break one leaves something out and says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Self
from urllib.parse import SplitResult, unquote, urlsplit

from kuaihui.errors import BadSettings
from kuaihui.integrations.redis.key_names import KeyNames
from kuaihui.language import text

CLIENT_NAME = "kuaihui-probe"


@dataclass(frozen=True, kw_only=True)
class Tls:
    """How a `rediss://` server is known: files in PEM; without `authority` the system's own are trusted."""

    authority: str | None = None
    certificate: str | None = None
    key: str | None = None
    check_name: bool = True  # off only where a cluster announces addresses that its certificate does not hold


@dataclass(frozen=True, kw_only=True)
class Cost:
    """The most one look may take of one server. Defaults: about 10 ms of MONITOR in a look, which lasts 0.7 s."""

    total: timedelta = timedelta(seconds=8)
    first: timedelta = timedelta(seconds=3)  # until the first answer: a server that is full takes its time, one that is gone does not
    section: timedelta = timedelta(seconds=1)
    between: timedelta = timedelta(milliseconds=700)  # from the first counters to the second
    slow_entries: int = 128  # the whole ring at its default length
    # CLIENT LIST takes the server about 4 µs a client: 10 ms of standing still.
    listed_clients: int = 2_500
    sizes: int = 3  # keys whose memory is asked for
    scanned_keys: int = 2_000  # keys whose use counter is read, under LFU; a larger keyspace is read in part
    monitor: bool = True  # False: never; the server's owner decides it too, by granting +monitor or not
    monitor_windows: int = 4
    monitor_window: timedelta = timedelta(milliseconds=2)
    monitor_least: int = 200  # commands wanted; a quiet server is watched for longer, which costs it less
    monitor_longest: timedelta = timedelta(milliseconds=300)  # of watching a quiet server, all windows together
    monitor_most: int = 20_000  # commands in a look
    monitor_spare: int = 32 << 20  # bytes below maxmemory: what is watched waits in the server's memory
    nodes: int = 16  # primaries of a cluster looked at
    at_once: int = 4  # of them at the same time


@dataclass(frozen=True, kw_only=True)
class RedisSettings:
    """One Redis, or any node of one cluster."""

    host: str
    port: int = 6379
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: Tls | None = None
    cost: Cost = field(default_factory=Cost)
    key_names: KeyNames = field(default_factory=KeyNames)

    @property
    def node(self) -> str:
        """host:port, as it is told to people."""
        return f"{self.host}:{self.port}"

    @classmethod
    def from_url(cls, url: str, *, tls: Tls | None = None, cost: Cost | None = None, key_names: KeyNames | None = None) -> Self:
        """`redis://user:password@host:port` or `rediss://…` (TLS). Raises BadSettings, which never quotes the url."""
        parts = urlsplit(url)
        if parts.scheme not in {"redis", "rediss"} or not parts.hostname or not _port_is_one(parts):
            raise BadSettings(text("a Redis url is redis://host:port or rediss://host:port (TLS)"))
        return cls(
            host=parts.hostname,
            port=parts.port or 6379,
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            tls=(tls or Tls()) if parts.scheme == "rediss" else None,
            cost=cost or Cost(),
            key_names=key_names or KeyNames(),
        )


def _port_is_one(parts: SplitResult) -> bool:
    try:
        return parts.port is None or parts.port > 0
    except ValueError:
        return False
