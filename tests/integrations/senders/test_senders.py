"""The settings that the documents give for senders read what these send: an alert that rings, the same one when it is over."""

import logging
import re
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kuaihui.app.generic_hooks import mapped
from kuaihui.app.settings_sections import GenericHook
from kuaihui.intake.ringing import Ringing
from kuaihui.intake.severities import severity_in_words

ROOT = Path(__file__).parents[3]
BODIES = Path(__file__).parent
PAGES = [(ROOT / "docs/intake" / name).read_text() for name in ("senders.md", "senders.zh-CN.md")]
NOW = datetime(2023, 3, 11, 3, 2, tzinfo=UTC)
NAME = "网关 5xx 占比高"


def settings(page: str) -> dict[str, GenericHook]:
    blocks = re.findall(r"```toml\n(.*?)```", page, flags=re.DOTALL)
    hooks = tomllib.loads("\n".join(blocks))["hooks"]["generic"]
    return {name: GenericHook.model_validate(hook) for name, hook in hooks.items()}


HOOKS = settings(PAGES[0])


def heard(sender: str, what: str) -> list[Ringing]:
    """What the sender's body is understood as; nothing of it is refused."""
    (body,) = BODIES.glob(f"{sender}.{what}.*")
    ringings, refused = mapped(sender, HOOKS[sender]).hear(body.read_bytes(), NOW)
    assert refused == []
    return ringings


def test_both_languages_give_the_same_settings() -> None:
    assert settings(PAGES[1]) == HOOKS


def test_every_sender_has_its_bodies() -> None:
    assert {file.name.split(".")[0] for file in BODIES.glob("*.firing.*")} == set(HOOKS)


@pytest.mark.parametrize("sender", HOOKS)
def test_an_alert_rings(sender: str) -> None:
    (one,) = heard(sender, "firing")
    assert one.firing
    assert one.alert.name == NAME
    assert one.alert.summary or sender == "zabbix"
    assert len(one.alert.labels) >= 3


@pytest.mark.parametrize("sender", [name for name, hook in HOOKS.items() if hook.expires_after is None])
def test_the_same_alert_is_over(sender: str) -> None:
    (rings,), (over,) = heard(sender, "firing"), heard(sender, "over")
    assert not over.firing
    assert over.alert.key == rings.alert.key


@pytest.mark.parametrize("sender, value", [("nightingale", 0.12), ("zabbix", 0.12), ("aliyun", 12), ("tencent", 100)], ids=str)
def test_a_value_is_found(sender: str, value: float) -> None:
    (one,) = heard(sender, "firing")
    assert one.alert.value == value


@pytest.mark.parametrize("sender, severity", [("nightingale", 1), ("zabbix", 2), ("skywalking", 3)])
def test_a_severity_is_found(sender: str, severity: int) -> None:
    (one,) = heard(sender, "firing")
    assert severity_in_words(one.alert.labels) == severity


@pytest.mark.parametrize("sender", ["nightingale", "skywalking"])
def test_a_service_is_found(sender: str) -> None:
    (one,) = heard(sender, "firing")
    assert one.alert.labels["service"] == "config-center"


def test_a_time_without_an_offset_is_of_the_senders_zone() -> None:
    (one,) = heard("tencent", "firing")
    assert (one.dated, one.alert.started) == (True, datetime(2023, 3, 11, 3, 1, tzinfo=UTC))


def test_an_alert_of_a_sender_that_tells_no_end_ends_by_itself() -> None:
    (one,) = heard("skywalking", "firing")
    assert one.alert.ends == NOW + timedelta(minutes=15)


@pytest.mark.parametrize("sender", ["huawei", "cloudwatch"])
def test_what_is_to_be_confirmed_is_told_to_the_operator(sender: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert heard(sender, "confirm") == []
    assert "https://s" in caplog.text


def test_a_test_of_a_monitor_is_no_alert() -> None:
    assert heard("kuma", "test") == []
