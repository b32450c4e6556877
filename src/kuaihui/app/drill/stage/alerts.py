"""Alerts in the form of Alertmanager's API v2, as the stage's own parts post them."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import httpx
import msgspec

from kuaihui.app.drill.stage.roles import Receiver
from kuaihui.language import Language, say, text

LASTING = timedelta(minutes=5)


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One alert; the names are the API's own. It is over once `endsAt` has passed."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    startsAt: datetime  # noqa: N815  the API's name
    endsAt: datetime  # noqa: N815  the API's name
    generatorURL: str = ""  # noqa: N815  the API's name


async def post(out: httpx.AsyncClient, receiver: Receiver, alerts: Sequence[Alert]) -> None:
    """Post them once; who cannot be reached is posted to again with the next ones, as by Prometheus."""
    headers = {"content-type": "application/json", **({"authorization": f"Bearer {receiver.token}"} if receiver.token else {})}
    with contextlib.suppress(httpx.HTTPError):
        await out.post(receiver.url, content=msgspec.json.encode(list(alerts)), headers=headers)


def storm(services: int, since: datetime, language: Language, ends: datetime | None = None) -> list[Alert]:
    """One alert from each of many services, which differ in name alone; `ends`: when all of them are over."""
    return [
        Alert(
            labels={"alertname": "Gateway5xxRatioHigh", "service": f"service-{number:03d}", "severity": "critical", "environment": "full"},
            annotations={"summary": _summary(f"service-{number:03d}", language), "value": "0.12"},
            startsAt=since,
            endsAt=ends or since + LASTING,
        )
        for number in range(services)
    ]


def _summary(service: str, language: Language) -> str:
    return say(text("Gateway 5xx ratio of {service} is {ratio}", service=service, ratio="12%"), language)
