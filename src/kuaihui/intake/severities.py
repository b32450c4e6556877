"""How bad an alert is: by its value, else by the word in its labels, else as its service usually is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from kuaihui.catalog.services import Service, Signal
from kuaihui.incident.alerts import Alert

# Where the word stands: Prometheus says severity, syslog-like senders level, ticket systems priority.
LABELS: Final = ("severity", "level", "priority")

# 1 is the worst. The words of Prometheus rule sets, syslog, Zabbix, PagerDuty and Opsgenie, Huawei Cloud (紧急 重要 次要 提示) and
# Nightingale (1 2 3). A bare P0 is the worst where it exists; P1 is the second, as is the custom of the houses that count from P0.
WORDS: Final[dict[str, int]] = {
    word: severity
    for severity, words in {
        1: "critical crit fatal emergency emerg disaster blocker page p0 sev0 s0 sev1 s1 1 0 致命 紧急 灾难 特急 特别重大 一级",
        2: "major high error err urgent alert severe p1 sev2 s2 2 严重 重大 重要 高 高危 错误 二级",
        3: "warning warn average medium moderate minor p2 sev3 s3 3 警告 告警 预警 较大 一般 中 中等 次要 三级",
        4: "low notice p3 sev4 s4 4 低 注意 轻微 提示 四级",
        5: "info informational information debug none ok p4 p5 sev5 s5 5 信息 通知 五级",
    }.items()
    for word in words.split()
}


def severity_of(alerts: Iterable[Alert], service: Service) -> int:
    """The worst severity among these alerts of one service (1 is the worst)."""
    return min((severity_of_one(alert, service) for alert in alerts), default=service.severity)


def severity_of_one(alert: Alert, service: Service) -> int:
    """One alert's severity: its value by the service's steps, else its label, else the service's own."""
    by_value = severity_at(service.signal, alert.value) if service.signal and alert.value is not None else None
    return by_value or severity_in_words(alert.labels) or service.severity


def severity_at(signal: Signal, value: float) -> int | None:
    """The severity of a value by the signal's steps; None below all of them."""
    return min((step.severity for step in signal.steps if value >= step.at), default=None)


def severity_in_words(labels: Mapping[str, str]) -> int | None:
    """The severity that the labels name; None where they name none that we know."""
    named = (WORDS.get(labels.get(label, "").strip().lower()) for label in LABELS)
    return next((severity for severity in named if severity), None)
