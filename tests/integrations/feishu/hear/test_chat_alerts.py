"""What other bots' messages in a group mean as alerts: by the settings' patterns, or by what nearly all of them look like."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from kuaihui.integrations.feishu.hear.chat_alerts import OVER, Pattern, Told, alerts_of

NOW = datetime(2023, 3, 11, 3, 0, tzinfo=UTC)


def told(words: str, chat: str = "oc_a", sender: str = "cli_n9e") -> Told:
    return Told("om_1", chat, sender, words, NOW)


def pattern(match: str, **more: object) -> Pattern:
    return Pattern("n9e", re.compile(match, re.MULTILINE), re.compile(OVER, re.MULTILINE), **more)  # type: ignore[arg-type]  # as given


@pytest.mark.parametrize(
    "words, name, value, firing",
    [
        ("🔔 网关 5xx 占比过高\n当前值: 15.2%", "网关 5xx 占比过高", 0.152, True),
        ("[FIRING:1] 网关5xx告警\n值 10%", "网关5xx", 0.10, True),
        ("【P1】订单延迟 当前 320ms", "订单延迟 当前", 320.0, True),
        ("[RESOLVED] 网关 5xx 占比过高\n当前值 0%", "网关 5xx 占比过高", 0.0, False),
        ("✅ 网关 5xx 占比过高 已恢复", "网关 5xx 占比过高", None, False),
    ],
)
def test_without_a_pattern_the_first_line_is_the_name_and_the_first_share_the_value(
    words: str, name: str, value: float | None, firing: bool
) -> None:
    (found,) = alerts_of(told(words), [])
    assert (found.alert.labels["chat"], found.alert.labels["bot"], found.alert.message, found.alert.chat) == (
        "oc_a",
        "cli_n9e",
        "om_1",
        "oc_a",
    )
    assert found.firing is firing
    assert found.alert.started == NOW


def test_the_same_alert_with_another_value_has_the_same_name() -> None:
    names = {alerts_of(told(words), [])[0].alert.key for words in ("网关 5xx 占比 10%", "网关 5xx 占比 15.3%", "[已恢复] 网关 5xx 占比 0%")}
    assert len(names) == 1


def test_a_pattern_names_value_summary_link_and_labels() -> None:
    (found,) = alerts_of(
        told("规则: Gateway5xx\n服务: config-center\n当前值: 15%\n详情: https://n9e.example.org/1"),
        [
            pattern(
                r"规则: (?P<alertname>\S+)\n服务: (?P<service>\S+)\n当前值: (?P<value>\S+)\n详情: (?P<link>\S+)",
                labels={"team": "platform"},
            )
        ],
    )
    assert found.alert.labels == {"alertname": "Gateway5xx", "service": "config-center", "team": "platform"}
    assert (found.alert.value, found.alert.link) == (0.15, "https://n9e.example.org/1")


def test_one_message_may_tell_many_alerts() -> None:
    found = alerts_of(told("A=1%\nB=2%"), [pattern(r"^(?P<alertname>\w)=(?P<value>.+)$")])
    assert [(one.alert.name, one.alert.value) for one in found] == [("A", 0.01), ("B", 0.02)]


def test_an_alert_lasts_as_long_as_the_settings_say() -> None:
    (found,) = alerts_of(told("A=1%"), [pattern(r"(?P<alertname>\w)=", lasts=timedelta(minutes=30))])
    assert found.alert.ends == NOW + timedelta(minutes=30)


@pytest.mark.parametrize(
    "of, words", [({"chat": "oc_b"}, "A=1%"), ({"sender": "cli_other"}, "A=1%"), ({}, "今天天气不错")], ids=["group", "bot", "talk"]
)
def test_what_a_pattern_does_not_fit_is_its_business_alone(of: dict[str, str], words: str) -> None:
    found = alerts_of(told(words), [pattern(r"(?P<alertname>\w)=(?P<value>.+)", **of)])
    # A group that no pattern is for is read without one.
    assert bool(found) is (of == {"chat": "oc_b"})


def test_words_that_are_nothing_but_signs_are_no_alert() -> None:
    assert alerts_of(told("🔔🔔 [1] 12%"), []) == []
