"""
The settings: one TOML file, the environment on top, read once and checked whole at start.

Rule 1: every fault is reported at once, by the line of the file or the variable that it came from, and with what would be right.
Rule 2: whatever is left out has a default that is safe: loopback only, our own workplace, a SQLite file.
Rule 3: KUAIHUI_SERVER__PORT=9000 in the environment overrides `port` under [server].
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError
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
from kuaihui.app.settings_sections import Auth, CatalogPlace, Hooks, JournalPlace, Outside, Server, Workplace
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
from kuaihui.errors import BadSettings
from kuaihui.language import Text, text


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
