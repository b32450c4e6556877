"""The sections of the settings that belong to the house itself: where it listens, what it keeps where, who and what comes in."""

from __future__ import annotations

import ipaddress
from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from kuaihui.catalog.shapes import Span


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
