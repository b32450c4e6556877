"""
Prometheus and Alertmanager of a stage: their configuration files and how they are started.

Rule 1: alerts leave by the ways a team has: Alertmanager's webhook, or Prometheus's own post in the form of Alertmanager's API.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import yaml

from kuaihui.app.drill.stage.description import Environment
from kuaihui.app.drill.stage.expressions import RULES, Rule
from kuaihui.app.drill.stage.loopback import LOOPBACK
from kuaihui.app.drill.stage.processes import Crew, Started, until_open
from kuaihui.app.drill.stage.roles import Receiver
from kuaihui.language import Language, say, text

ALERTS_PATH = "/api/v2/alerts"
Tree = dict[str, object]


class Target(msgspec.Struct, frozen=True):
    """An entry of a file_sd file."""

    targets: list[str]
    labels: dict[str, str] = {}


def write_targets(file: Path, targets: Sequence[Target]) -> None:
    """Say whom to scrape from now on; replaced at once, so that no reader sees half a file."""
    fresh = file.with_suffix(".fresh")
    fresh.write_bytes(msgspec.json.encode(list(targets)))
    fresh.replace(file)


def read_targets(file: Path) -> list[Target]:
    """Whom to scrape."""
    return msgspec.json.decode(file.read_bytes(), type=list[Target])


def find_alertmanager() -> str | None:
    """Alertmanager under its own name or Debian's."""
    return shutil.which("alertmanager") or shutil.which("prometheus-alertmanager")


@dataclass(frozen=True)
class AlertsSay:
    """What alerts say beside their values: the service they are of, in which language."""

    service: str
    language: Language


async def start_prometheus(binary: str, crew: Crew, port: int, receivers: Sequence[Receiver], alerts_say: AlertsSay) -> Started:
    """Prometheus with a scrape and an evaluation a second; `receivers` take alerts at .../api/v2/alerts."""
    made = crew.folder / "prometheus"
    made.mkdir(parents=True, exist_ok=True)
    rules = [_rule(rule, alerts_say) for rule in RULES]
    (made / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "gateway", "rules": rules}]}))
    (made / "prometheus.yml").write_text(yaml.safe_dump(prometheus_configuration(crew.folder / "targets.json", receivers)))
    argv = [binary, f"--config.file={made / 'prometheus.yml'}", f"--storage.tsdb.path={made / 'data'}", "--storage.tsdb.retention.time=6h"]
    argv += [f"--web.listen-address={LOOPBACK}:{port}", "--rules.alert.resend-delay=5s", "--log.level=warn"]
    part = await crew.start("prometheus", argv)
    await until_open(part, port)
    return part


async def start_alertmanager(binary: str, crew: Crew, port: int, webhook: Receiver | None) -> None:
    """Alertmanager that groups by service, waits a second, and tells the webhook again every fifteen while it fires."""
    made = crew.folder / "alertmanager"
    made.mkdir(parents=True, exist_ok=True)
    (made / "alertmanager.yml").write_text(yaml.safe_dump(alertmanager_configuration(webhook)))
    argv = [binary, f"--config.file={made / 'alertmanager.yml'}", f"--storage.path={made / 'data'}", "--cluster.listen-address="]
    part = await crew.start("alertmanager", [*argv, f"--web.listen-address={LOOPBACK}:{port}", "--log.level=warn"])
    await until_open(part, port)


def prometheus_configuration(targets: Path, receivers: Sequence[Receiver]) -> Tree:
    """prometheus.yml as a tree."""
    return {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": ["rules.yml"],
        "alerting": {"alertmanagers": [_alertmanager(each) for each in receivers]},
        "scrape_configs": [{"job_name": "stage", "file_sd_configs": [{"files": [str(targets)], "refresh_interval": "1s"}]}],
    }


def alertmanager_configuration(webhook: Receiver | None) -> Tree:
    """alertmanager.yml as a tree."""
    receiver: Tree = {"name": "kuaihui"}
    if webhook:
        receiver["webhook_configs"] = [{"url": webhook.url, "send_resolved": True, "http_config": _authorization(webhook)}]
    times = {"group_wait": "1s", "group_interval": "5s", "repeat_interval": "15s"}
    return {"route": {"receiver": "kuaihui", "group_by": ["service"], **times}, "receivers": [receiver]}


def summary(alerts_say: AlertsSay) -> str:
    """What an alert says; the part in braces is Prometheus's template."""
    return say(
        text("Gateway 5xx ratio of {service} is {ratio}", service=alerts_say.service, ratio="{{ $value | humanizePercentage }}"),
        alerts_say.language,
    )


def _rule(rule: Rule, alerts_say: AlertsSay) -> Tree:
    return {
        "alert": rule.name,
        "expr": f"{rule.expression} >= {rule.least}",
        "for": f"{rule.lasting}s",
        "labels": {"severity": rule.severity, "environment": Environment.FULL.value, **rule.labels, "service": alerts_say.service},
        "annotations": {"summary": summary(alerts_say), "value": "{{ $value }}", "expression": str(rule.expression)},
    }


def _alertmanager(receiver: Receiver) -> Tree:
    url = urlsplit(receiver.url)
    prefix = url.path.removesuffix(ALERTS_PATH)
    found: Tree = {"scheme": url.scheme, "api_version": "v2", "static_configs": [{"targets": [url.netloc]}], **_authorization(receiver)}
    return {**found, "path_prefix": prefix} if prefix else found


def _authorization(receiver: Receiver) -> Tree:
    return {"authorization": {"type": "Bearer", "credentials": receiver.token}} if receiver.token else {}
