"""A small catalog made by hand, and alerts to ring in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.people import Person
from kuaihui.catalog.policies import Level, Policy
from kuaihui.catalog.rotas import Layer, Rota
from kuaihui.catalog.services import Service, SeverityStep, Signal
from kuaihui.incident.alerts import Alert
from kuaihui.intake.fingerprints import fingerprint
from kuaihui.intake.ringing import Ringing

NOON = datetime(2023, 3, 11, 3, 3, tzinfo=UTC)  # 11:03 in Shanghai


def catalog(*services: Service) -> Catalog:
    signal = Signal.model_validate(
        {"name": "5xx", "unit": "ratio", "steps": [SeverityStep(at=0.05, severity=2), SeverityStep(at=0.2, severity=1)]}
    )
    own = [
        Service.model_validate({"id": "config-center", "name": "配置中心", "owner": "xiaomei", "signal": signal, "severity": 3}),
        Service.model_validate({"id": "orders", "name": "订单", "owner": "xiaomei", "severity": 4, "group_by": ("region",)}),
        Service.model_validate({"id": "unowned", "name": "无主", "owner": "xiaomei"}),
    ]
    people = [Person.model_validate({"id": name, "name": name}) for name in ("axin", "amao", "xiaomei")]
    return Catalog.model_validate(
        {
            "version": "v1",
            "time_zone": "Asia/Shanghai",
            "language": "zh",
            "catch_all": "unowned",
            "people": {person.id: person for person in people},
            "services": {service.id: service for service in (*own, *services)},
            "rotas": {
                "main": Rota.model_validate({"id": "main", "name": "main", "layers": [Layer(people=(("axin",),), starts=NOON.date())]})
            },
            "calendars": {},
            "leave": (),
            "policies": {
                "default": Policy.model_validate({"id": "default", "name": "default", "levels": [Level(notify=("person:axin",))]})
            },
            "roles": {},
            "templates": {},
            "places": {},
        }
    )


def alert(
    name: str = "Gateway5xx",
    *,
    minutes: float = 0,
    value: float | None = None,
    ends: float | None = None,
    service: str = "config-center",
    summary: str = "",
    **labels: str,
) -> Alert:
    """An alert that began `minutes` after NOON, and counts as over `ends` minutes after NOON."""
    told = {"alertname": name, "service": service, **labels}
    until = None if ends is None else NOON + timedelta(minutes=ends)
    began = NOON + timedelta(minutes=minutes)
    return Alert(fingerprint(told), name, told, began, value, summary, source="test", ends=until)


def firing(name: str = "Gateway5xx", **told: object) -> Ringing:
    return Ringing(alert(name, **told))  # type: ignore[arg-type]  # the same arguments


def resolved(name: str = "Gateway5xx", **told: object) -> Ringing:
    return Ringing(alert(name, **told), firing=False)  # type: ignore[arg-type]  # the same arguments


def later(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)
