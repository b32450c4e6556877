"""Which real parts this machine has, and what is said about it."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from kuaihui.app.drill.stage.description import Description
from kuaihui.app.drill.stage.processes import StageFailed
from kuaihui.app.drill.stage.prometheus import find_alertmanager
from kuaihui.app.drill.stage.settings_store import Binary, find_redis
from kuaihui.language import Text, text


@dataclass(frozen=True)
class Installed:
    """Paths of the real parts; None where the stage's own stands in."""

    redis: Binary
    nginx: str | None
    prometheus: str | None
    alertmanager: str | None

    def told(self, description: Description) -> tuple[Text, ...]:
        """A sentence for each part."""
        limit = f"{description.redis_cores:g}"
        return (
            text("Redis is real ({name}), held to {cores} of a core as by a container's limit", name=self.redis.name, cores=limit),
            text("The config center is the stage's own service: real processes, a real pool, real timeouts"),
            text("The gateway is a real nginx") if self.nginx else text("The gateway is the stage's own: nginx is not used"),
            self._watch(),
            self._alertmanager(),
            text("The traffic is the stage's own: real requests by rate, trimmed to the errors of a level until the first release"),
        )

    def _watch(self) -> Text:
        if self.prometheus:
            return text("Metrics, rules and queries are a real Prometheus")
        return text("Metrics, rules and queries are the stage's own, not Prometheus: only the stage's expressions are understood")

    def _alertmanager(self) -> Text:
        if self.prometheus and self.alertmanager:
            return text("Alerts are sent by a real Alertmanager")
        return text("There is no Alertmanager: alerts are posted straight from the rules, and no webhook is sent")


def find(*, own_parts: bool) -> Installed:
    """What is installed here; with `own_parts` only Redis is looked for. Raises StageFailed where the extra or a Redis is missing."""
    if importlib.util.find_spec("prometheus_client") is None:
        raise StageFailed(text("A drill needs more than Kuaihui itself: pip install '.[drill]'"))
    if own_parts:
        return Installed(find_redis(), None, None, None)
    return Installed(find_redis(), _nginx(), shutil.which("prometheus"), find_alertmanager())


def why_not() -> Text | None:
    """Why no stage can stand on this machine; None where one can."""
    if sys.platform != "linux":
        return text("The stage needs Linux: only there can a part be held to its CPU limit by its own clock")
    try:
        find(own_parts=True)
    except StageFailed as missing:
        return missing.text
    return None


def _nginx() -> str | None:
    """Debian keeps it where only root's path leads."""
    debian = Path("/usr/sbin/nginx")
    return shutil.which("nginx") or (str(debian) if debian.exists() else None)
