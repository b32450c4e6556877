"""
What the shape of one key cannot say: rules between keys, and values that must be readable by who uses them.

Rule 1: whatever `kuaihui up` would refuse of the settings is refused here, so that `kuaihui check` tells it before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, Protocol

from kuaihui.app.settings_places import Path_
from kuaihui.app.settings_sections import Auth, Hooks, JournalPlace, Outside, Server
from kuaihui.app.source_settings import LogFilesSource, RedisSource
from kuaihui.catalog.wall_clock import is_zone
from kuaihui.errors import BadSettings
from kuaihui.language import Text, text

Broken = Iterator[tuple[Path_, Text]]
_HTTP: Final = re.compile(r"https?://[^\s/]\S*")
_HASH: Final = re.compile(r"sha256:[0-9a-f]{64}")
_JOURNALS: Final = ("sqlite", "postgresql", "postgres", "memory")


class Said(Protocol):
    """What the rules look at of all that was set."""

    @property
    def server(self) -> Server: ...
    @property
    def journal(self) -> JournalPlace: ...
    @property
    def auth(self) -> Auth: ...
    @property
    def hooks(self) -> Hooks: ...
    @property
    def heartbeat(self) -> Outside: ...
    @property
    def feishu(self) -> object | None: ...
    @property
    def logfiles(self) -> Mapping[str, LogFilesSource]: ...
    @property
    def redis(self) -> Mapping[str, RedisSource]: ...


def broken_rules(settings: Said) -> Broken:
    """The key at fault, and what is wrong."""
    yield from _reachable(settings)
    yield from _let_in(settings)
    yield from _addresses(settings)
    yield from _hooks(settings)
    yield from _sources(settings)


def _reachable(settings: Said) -> Broken:
    """Whoever can be reached by others knows who comes in."""
    host = settings.server.host
    if not settings.server.loopback and settings.auth.mode == "open":
        yield (
            ("server", "host"),
            text('server.host is {host}, which others can reach, but auth.mode is open: set auth.mode = "tokens" first', host=host),
        )
    if not settings.server.loopback and not settings.hooks.tokens:
        yield (
            ("server", "host"),
            text("server.host is {host}, which others can reach, but hooks.tokens names no token for any door", host=host),
        )


def _let_in(settings: Said) -> Broken:
    if settings.auth.mode == "feishu" and settings.feishu is None:
        yield ("auth", "mode"), text("auth.mode is feishu, but there is no section [feishu]: set app_id and app_secret there")
    for person, kept in settings.auth.people.items():
        if not _HASH.fullmatch(kept):
            words = text("auth.people.{person} is no hash of a token: `kuaihui token {person}` makes both", person=person)
            yield ("auth", "people", person), words


def _addresses(settings: Said) -> Broken:
    if settings.heartbeat.url and not _HTTP.fullmatch(settings.heartbeat.url):
        yield ("heartbeat", "url"), text("heartbeat.url is no address: write it whole, beginning with https:// or http://")
    if settings.server.address and not _HTTP.fullmatch(settings.server.address):
        yield ("server", "address"), text("server.address is no address: write it whole, beginning with https:// or http://")
    if settings.journal.url.partition(":")[0] not in _JOURNALS:
        yield ("journal", "url"), text("journal.url is no journal's: it begins with sqlite:///, postgresql:// or memory:")


def _hooks(settings: Said) -> Broken:
    for name, hook in settings.hooks.generic.items():
        from kuaihui.app.generic_hooks import mapped  # noqa: PLC0415  # who has no such hook does not wait for it

        try:
            mapped(name, hook)
        except BadSettings as wrong:
            yield ("hooks", "generic", name), wrong.text


def _sources(settings: Said) -> Broken:
    for name, source in settings.logfiles.items():
        if not is_zone(source.zone):
            words = text("logfiles.{name}.zone is {zone}: write an IANA name like Asia/Shanghai", name=name, zone=source.zone[:60])
            yield ("logfiles", name, "zone"), words
    for name, source in settings.redis.items():
        from kuaihui.integrations.redis.settings import RedisSettings  # noqa: PLC0415  # as above

        try:
            RedisSettings.from_url(source.url)
        except BadSettings as wrong:
            yield ("redis", name, "url"), text("{key}: {what}", key=f"redis.{name}.url", what=wrong.text)
