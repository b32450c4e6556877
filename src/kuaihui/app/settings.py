"""
The settings: one TOML file, the environment on top, read once and checked whole at start.

Rule 1: every fault is reported at once, by its name in the file and with what would be right.
Rule 2: whatever is left out has a default that is safe: loopback only, our own workplace, a SQLite file.
Rule 3: KUAIHUI_SERVER__PORT=9000 in the environment overrides `port` under [server].
"""

from __future__ import annotations

import ipaddress
import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from kuaihui.app.feishu_settings import FeishuSettings
from kuaihui.app.scrubbing_settings import Scrubbing
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
from kuaihui.catalog.slips import told
from kuaihui.errors import BadSettings
from kuaihui.language import Text, text
from kuaihui.language.durations import parse_duration

_HTTP: Final = re.compile(r"https?://[^\s/]\S*")
Span = Annotated[timedelta, BeforeValidator(lambda written: parse_duration(written) if isinstance(written, str) else written)]


class Section(BaseModel):
    """One table of the file; a key it does not know is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Server(Section):
    """Where our pages and doors listen, and how people reach them."""

    host: str = "127.0.0.1"
    port: int = Field(default=8466, ge=0, le=65535)
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
    look_every: Span = timedelta(seconds=5)


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

    model_config = SettingsConfigDict(env_prefix="KUAIHUI_", env_nested_delimiter="__", extra="forbid", frozen=True)

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
            env_settings.env_vars = {name: value for name, value in env_settings.env_vars.items() if name != "kuaihui_server"}
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @classmethod
    def load(
        cls, file: Path | None = None, **over: Any
    ) -> Settings:  # Any: what a caller sets above file and environment, checked like them
        """
        The settings of a file (or the defaults), with the environment and `over` on top.

        Raises BadSettings that names every key at fault.
        """
        if file is not None and not file.is_file():
            raise BadSettings(
                text(
                    "there is no settings file {file}: write one (docs/settings.md), or leave out --settings and KUAIHUI_SETTINGS",
                    file=str(file),
                )
            )

        class FromFile(cls):
            model_config = SettingsConfigDict(toml_file=file)

        try:
            loaded = FromFile(**over)
        except ValidationError as wrong:
            raise BadSettings(_told(wrong, file)) from wrong
        except ValueError as broken:  # not TOML at all
            raise BadSettings(_not_toml(str(file), broken)) from broken
        loaded.check()
        return loaded

    def check(self) -> None:
        """What no single key can see. Raises BadSettings."""
        if not self.server.loopback and self.auth.mode == "open":
            raise BadSettings(
                text(
                    'server.host is {host}, which others can reach, but auth.mode is open: set auth.mode = "tokens" first',
                    host=self.server.host,
                )
            )
        if self.auth.mode == "feishu" and self.feishu is None:
            raise BadSettings(text("auth.mode is feishu, but there is no section [feishu]: set app_id and app_secret there"))
        if self.heartbeat.url and not _HTTP.fullmatch(self.heartbeat.url):
            raise BadSettings(text("heartbeat.url is no address: write it whole, beginning with https:// or http://"))
        if not self.server.loopback and not self.hooks.tokens:
            raise BadSettings(
                text("server.host is {host}, which others can reach, but hooks.tokens names no token for any door", host=self.server.host)
            )


def _not_toml(file: str, broken: ValueError) -> Text:
    """Where a file stops to be TOML, and how TOML is written."""
    if isinstance(broken, UnicodeDecodeError):
        return text("{file} is not TOML: it is not written in UTF-8; save it as UTF-8", file=file)
    place = re.search(r"(.*) \(at line (\d+), column (\d+)\)", str(broken))
    if place is None:
        return text("{file} is not TOML: {what}", file=file, what=str(broken))
    what, line, column = place.groups()
    return text(
        '{file} is not TOML: line {line}, column {column} ({what}); it is written `key = "words"` under a `[section]`',
        file=file,
        line=line,
        column=column,
        what=what,
    )


def _told(wrong: ValidationError, file: Path | None) -> Text:
    """Every fault in one text: the key, what is wrong with it, and how to put it right."""
    where = str(file) if file else "KUAIHUI_*"
    return text("the settings are wrong in {where}:{faults}", where=where, faults=_lines(told(wrong, Settings)))


def _lines(faults: list[Text]) -> Text:
    """One fault a line."""
    first, *rest = faults
    line = text("\n  - {fault}", fault=first)
    return text("{line}{others}", line=line, others=_lines(rest)) if rest else line
