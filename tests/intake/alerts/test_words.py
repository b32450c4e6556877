"""Values, severities, names and titles: tables."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from kuaihui.intake.fingerprints import alertmanager_fingerprint, fingerprint
from kuaihui.intake.measures import grafana_measure, measure
from kuaihui.intake.opening import LONGEST_TITLE, incident_id, opening, title
from kuaihui.intake.places import Places
from kuaihui.intake.severities import severity_of
from tests.intake.alerts.hand_made import NOON, alert, catalog, later


@pytest.mark.parametrize(
    "written, number",
    [
        ("15%", 0.15),
        ("0.15", 0.15),
        ("15.2 %", 0.152),
        ("15％", 0.15),
        (" 1,024 ", 1024),
        ("1e-3", 0.001),
        ("-4", -4),
        (".5", 0.5),
        ("12.5ms", 12.5),
        ("NaN", None),
        ("+Inf", None),
        ("1e999", None),
        ("", None),
        ("high", None),
    ],
)
def test_a_value_is_read_as_people_write_it(written: str, number: float | None) -> None:
    assert measure(written) == (None if number is None else pytest.approx(number))


def test_grafanas_value_string_tells_its_first_number() -> None:
    assert grafana_measure("[ var='B' labels={instance=a:9} value=0.152 ], [ var='C' labels={} value=1 ]") == 0.152
    assert grafana_measure("no data") is None


@pytest.mark.parametrize(
    "told, severity",
    [
        ({"value": 0.3, "severity": "info"}, 1),  # the value stands above the word
        ({"value": 0.01, "severity": "critical"}, 1),  # below every step the word counts
        ({"severity": "CRITICAL"}, 1),
        ({"severity": "P0"}, 1),
        ({"severity": "P1"}, 2),
        ({"level": "警告"}, 3),
        ({"priority": "提示"}, 4),
        ({"level": "紧急"}, 1),
        ({"level": "严重"}, 2),
        ({"severity": "purple", "level": "2"}, 2),
        ({}, 3),  # as the service usually is
    ],
)
def test_severity_comes_from_the_value_else_the_word_else_the_service(told: dict[str, Any], severity: int) -> None:
    assert severity_of([alert(**told)], catalog().services["config-center"]) == severity


def test_a_title_is_one_short_line() -> None:
    assert title(alert(summary="  配置中心\n5xx  10 % ")) == "配置中心 5xx 10 %"
    assert title(alert("Down")) == "Down"
    assert len(title(alert(summary="x" * 500))) == LONGEST_TITLE


def test_an_incidents_name_is_readable_and_its_own() -> None:
    name = incident_id("config-center", NOON, "Asia/Shanghai")

    assert name.startswith("20230311-1103-")
    assert name == incident_id("config-center", NOON, "Asia/Shanghai")
    assert name not in {incident_id("orders", NOON, "Asia/Shanghai"), incident_id("config-center", later(0.001), "Asia/Shanghai")}


def test_a_place_has_the_key_that_the_opening_will_have() -> None:
    known = catalog()
    for labels in ({"service": "orders", "region": "cn|north=1"}, {"service": "config-center"}, {}):
        told = msgspec.structs.replace(alert(), labels={"alertname": "High5xx", "service": "x", **labels})
        key, place = Places(known).of(told.labels)
        assert opening(place, [told], known, NOON).key == key


def test_a_fingerprint_is_of_the_labels_and_not_of_their_order() -> None:
    assert fingerprint({"a": "1", "b": "2"}) == fingerprint({"b": "2", "a": "1"})
    assert fingerprint({"a": "1", "b": "2"}) != fingerprint({"a": "12", "b": ""})
    # For ever: facts and traces are found by it.
    assert fingerprint({"alertname": "磁盘将满"}) == "05f8f1c94858cf67"


def test_alertmanagers_fingerprint_of_nothing_is_the_offset_of_fnv() -> None:
    assert alertmanager_fingerprint({}) == "cbf29ce484222325"
