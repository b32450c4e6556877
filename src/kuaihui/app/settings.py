"""
The settings: one TOML file, the environment on top, read once and checked whole at start.

Rule 1: every fault is reported at once, by the line of the file or the variable that it came from, and with what would be right.
Rule 2: whatever is left out has a default that is safe: loopback only, our own workplace, a SQLite file.
Rule 3: KUAIHUI_SERVER__PORT=9000 in the environment overrides `port` under [server].
"""

from __future__ import annotations

import ipaddress
import os
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from kuaihui.app.feishu_settings import FeishuSettings
from kuaihui.app.scrubbing_settings import Scrubbing
from kuaihui.app.settings_faults import not_toml, paths_of, placed, refused, shape_faults, strays, unread
from kuaihui.app.settings_places import NOT_A_SECTION, Places
from kuaihui.app.settings_rules import broken_rules
from kuaihui.app.source_settings import (
    ArgoCDSource,
    ElasticsearchSource,
    GitHubSource,
    GitLabSource,
    KubernetesSource,
    LogFilesSource,
    LokiSource,
    LtsSource,
    PrometheusSource,
    RedisSource,
)
from kuaihui.catalog.shapes import Span
from kuaihui.errors import BadSettings
from kuaihui.language import Text, text


class Section(BaseModel):
    """One table of the file; a key it does not know is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Server(Section):
    """Where our pages and doors listen, and how people reach them."""

    host: str = "127.0.0.1"
    port: int = Field(default=8466, ge=0, le=65535)  # 0: any that is free
    address: str = ""  # "https://kuaihui.example.org"; left out: http://host:port

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach us."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def reached_at(self) -> str:
        """The address people and links use."""
        return (self.address or f"http://{self.host}:{self.port}").rstrip("/")


class JournalPlace(Section):
    """Where facts are kept: "sqlite:///FILE", "postgresql://…", or "memory:" (nothing survives)."""

    url: str = "sqlite:///var/kuaihui.db"


class CatalogPlace(Section):
    """The folder of catalog files, and how often it is looked at for changes."""

    folder: Path = Path("catalog")
    look_every: Span = Field(default=timedelta(seconds=5), ge=timedelta(seconds=1))


class Auth(Section):
    """
    Who may come in.

    "open": whoever reaches us says who they are; only allowed on loopback. "tokens": each person has a token; kept here is only its hash
    (`kuaihui token PERSON` makes one). "feishu": people of the catalog sign in with Feishu; tokens are for programs.
    """

    mode: Literal["open", "tokens", "feishu"] = "open"
    secret: str = Field(
        default="", description="signs the pages' cookies; made at start when left out, so that a restart signs everybody out"
    )
    people: dict[str, str] = {}


class GenericHook(Section):
    """
    How a sender's own JSON, or `form` fields, are read: JMESPath expressions from its body to our words.

    `zone` is that of its times which name no offset. `expires_after`: it tells no end, so an alert is over when not told again for so long.
    """

    alerts: str = "@"  # a list of alerts, or one
    name: str = "name"
    state: str = "status"
    resolved: tuple[str, ...] = ("resolved", "ok", "recovered", "inactive")
    labels: str = "labels"
    service: str = ""
    value: str = ""
    started: str = ""
    summary: str = ""
    link: str = ""
    confirm: str = ""  # a link that somebody has to open before the sender sends alerts
    form: bool = False
    zone: str = ""
    expires_after: Span | None = None


class Hooks(Section):
    """The doors for machines: a token a door, and how alerts are understood."""

    tokens: dict[str, str] = {}
    resolve_timeout: Span = timedelta(minutes=5)
    largest_body: int = Field(default=8_000_000, ge=1_000)
    generic: dict[str, GenericHook] = {}


class Outside(Section):
    """Who outside is told that we live: `url` is asked for each `every`. It is a secret, so it belongs in the environment."""

    url: str = ""
    every: Span = Field(default=timedelta(minutes=1), ge=timedelta(seconds=10))


class Workplace(Section):
    """Our own workplace. `meeting` is a link like "https://meet.example.org/{incident}"."""

    meeting: str = ""


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(env_prefix="KUAIHUI_", env_nested_delimiter="__", env_ignore_empty=True, extra="forbid", frozen=True)

    language: Literal["zh", "en"] = "zh"
    server: Server = Server()
    journal: JournalPlace = JournalPlace()
    catalog: CatalogPlace = CatalogPlace()
    auth: Auth = Auth()
    hooks: Hooks = Hooks()
    workplace: Workplace = Workplace()
    heartbeat: Outside = Outside()
    scrubbing: Scrubbing = Scrubbing()
    feishu: FeishuSettings | None = None
    prometheus: dict[str, PrometheusSource] = {}
    logfiles: dict[str, LogFilesSource] = {}
    loki: dict[str, LokiSource] = {}
    elasticsearch: dict[str, ElasticsearchSource] = {}
    lts: dict[str, LtsSource] = {}
    gitlab: dict[str, GitLabSource] = {}
    github: dict[str, GitHubSource] = {}
    argocd: dict[str, ArgoCDSource] = {}
    kubernetes: dict[str, KubernetesSource] = {}
    redis: dict[str, RedisSource] = {}

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment stands above the file."""
        if isinstance(env_settings, EnvSettingsSource):  # KUAIHUI_SERVER is where commands find a running house, not the section
            env_settings.env_vars = {name: value for name, value in env_settings.env_vars.items() if name != NOT_A_SECTION.lower()}
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @classmethod
    def load(
        cls, file: Path | None = None, **over: Any
    ) -> Settings:  # Any: what a caller sets above file and environment, checked like them
        """
        The settings of a file (or the defaults), with the environment and `over` on top.

        Raises BadSettings that names every fault with the place it came from.
        """
        places = _places(file)
        if faults := [*cls._unread(places), *strays(places.variables, paths_of(cls), cls.model_fields)]:
            raise refused(faults)

        class FromFile(cls):
            model_config = SettingsConfigDict(toml_file=file)

        try:
            loaded = FromFile(**over)
        except ValidationError as wrong:
            raise refused(shape_faults(wrong, Settings, places)) from wrong
        if faults := [placed(places.of(path), fault) for path, fault in broken_rules(loaded)]:
            raise refused(faults)
        return loaded

    @classmethod
    def _unread(cls, places: Places) -> list[Text]:
        """Variables that cannot be read, each tried by itself: the library names only the section."""

        def is_read(name: str, value: str) -> bool:
            source = EnvSettingsSource(cls)
            source.env_vars = {name.lower(): value}
            try:
                source()
            except SettingsError:
                return False
            return True

        return unread(name for name, value in places.variables.items() if value and not is_read(name, value))


def _places(file: Path | None) -> Places:
    """Where what is said. Raises BadSettings when the file is none that can be read."""
    if file is not None and not file.is_file():
        raise BadSettings(
            text(
                "there is no settings file {file}: write one (docs/settings.md), or leave out --settings and KUAIHUI_SETTINGS",
                file=str(file),
            )
        )
    try:
        if file is not None:
            tomllib.loads(file.read_text(encoding="utf-8"))
        return Places(file, os.environ)
    except ValueError as broken:
        assert file is not None, "only a file can be no TOML"
        raise BadSettings(not_toml(file, broken)) from broken
