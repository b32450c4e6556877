"""
The section of settings for Feishu (飞书) or Lark: `[feishu]`.

Rule 1: nothing here keeps an incident: chats, templates and credentials only; ids that Feishu gives stand in the timeline's facts.
Rule 2: secrets need not stand in the file: KUAIHUI_FEISHU__APP_SECRET in the environment overrides `app_secret`.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from kuaihui.catalog.shapes import Span

CLOUDS: Final = {"feishu.cn": "https://open.feishu.cn", "larksuite.com": "https://open.larksuite.com"}


class _Part(BaseModel):
    """One table; a key it does not know is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FeishuDocuments(_Part):
    """
    Where incident documents are made from and go to.

    `template` is the token of the team's docx, `templates` another one for a template of the catalog by its id; left out: an empty
    document is filled from the catalog's template. `folder` is the token of the folder they are put in.
    """

    template: str = ""
    templates: dict[str, str] = {}
    folder: str = ""


class FeishuMeetings(_Part):
    """`owner` (a person of the catalog) owns the meetings when nobody has acknowledged; `record`: meetings are recorded."""

    owner: str = ""
    record: bool = False


class FeishuAlerts(_Part):
    """
    How one bot's messages in a group are read as alerts.

    `match` is a regular expression (lines are told apart); its groups `alertname`, `value`, `summary` and `link` are what they say, every
    other named group is a label, and `labels` are put beside them. It is over where `resolved` fits. Only messages in `chat` and of
    `sender` (an app's id) are tried, where these are given. `lasts`: how long an alert rings when nobody says that it is over.
    """

    match: str = Field(min_length=1)
    resolved: str = ""
    chat: str = ""
    sender: str = ""
    labels: dict[str, str] = {}
    lasts: Span | None = None

    @field_validator("match", "resolved")
    @classmethod
    def _readable(cls, written: str) -> str:
        try:
            re.compile(written, re.MULTILINE)
        except re.error as wrong:
            raise PydanticCustomError("no_regex", "it is no regular expression", {"why": str(wrong)}) from wrong
        return written


class FeishuHearing(_Part):
    """
    How events come in: by long connection (nothing of ours need be reachable), by webhook at /hooks/feishu, or not at all.

    `encrypt_key` and `verification_token` are the webhook's, as the developer console shows them. `watch`: groups in which every message of
    another bot is an alert; with `alerts` for a group, only what one of them fits. `look_every`: how often is looked at what no event
    tells (other bots' messages, who has read).
    """

    by: Literal["long-connection", "webhook", "nothing"] = "long-connection"
    encrypt_key: str = Field(default="", repr=False)
    verification_token: str = Field(default="", repr=False)
    watch: tuple[str, ...] = ()
    alerts: dict[str, FeishuAlerts] = {}
    look_every: Span = timedelta(seconds=15)


class FeishuColumns(_Part):
    """The columns of the team's table, by name or field id; one that is left out is not read, and the catalog's files say it."""

    service: str = "业务线"
    owner: str = "负责人"
    oncall: str = "值班"
    leader: str = ""
    communicators: str = ""
    operations: str = ""
    testers: str = ""


class FeishuRoster(_Part):
    """
    The team's own table of business lines (多维表格), laid over the catalog.

    `base` is the base's token, or `wiki` the node it sits in; `table` its table's name or id (left out: the first). It is read `every` so
    often; `write_back`: while an override holds, the cell for on-call names who stands in.
    """

    base: str = ""
    wiki: str = ""
    table: str = ""
    every: Span = timedelta(minutes=5)
    write_back: bool = True
    columns: FeishuColumns = FeishuColumns()

    @model_validator(mode="after")
    def _somewhere(self) -> FeishuRoster:
        if bool(self.base) == bool(self.wiki):
            raise PydanticCustomError("feishu_roster", "name either the base or the wiki node that the table is in")
        return self


class FeishuSettings(_Part):
    """
    One app in one tenant.

    `domain` is "feishu.cn", "larksuite.com", or the http:// address of an emulator. `chat` is the group that topics are opened in, `chats`
    another one for a service by its id; with neither, and for severities up to `own_chat_from` (1 is the worst, 0: never), an incident gets
    a group of its own. `buzz` is how a page rings besides its message, by level of the policy; the last one holds for all levels above.
    `leave` names what our own workplace keeps doing.
    """

    domain: str = "feishu.cn"
    app_id: str = Field(min_length=1)
    app_secret: str = Field(min_length=1, repr=False)
    chat: str = ""
    chats: dict[str, str] = {}
    own_chat_from: int = Field(default=0, ge=0, le=5)
    buzz: tuple[Literal["none", "app", "sms", "phone"], ...] = ("app",)
    leave: tuple[Literal["topics", "documents", "meetings", "tasks"], ...] = ()
    documents: FeishuDocuments = FeishuDocuments()
    meetings: FeishuMeetings = FeishuMeetings()
    hearing: FeishuHearing = FeishuHearing()
    roster: FeishuRoster | None = None

    @field_validator("domain")
    @classmethod
    def _known(cls, written: str) -> str:
        if written in CLOUDS or (urlsplit(written).scheme in ("http", "https") and urlsplit(written).netloc):
            return written.rstrip("/")
        raise PydanticCustomError("feishu_domain", "it is no cloud of Feishu's")

    @property
    def base_url(self) -> str:
        """The address of the tenant's cloud."""
        return CLOUDS.get(self.domain, self.domain)
