"""The sample catalog is the founding story's: its cast, its Saturday, its rules."""

from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.load import load
from kuaihui.catalog.targets import resolve
from kuaihui.language import say

BEGINS = datetime(2023, 3, 11, 11, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture(scope="module")
def sample() -> Catalog:
    return load(Path(str(files("kuaihui").joinpath("samples/config_center"))), BEGINS)


def test_it_has_no_cautions(sample: Catalog) -> None:
    assert sample.cautions == ()


def test_axin_is_on_call_on_the_saturday(sample: Catalog) -> None:
    assert sample.on_call("config-center", BEGINS) == ("axin",)
    assert sample.names("zh")["axin"] == "阿新"


def test_the_policy_calls_the_on_call_then_the_communicators_then_the_leader_then_the_owner(sample: Catalog) -> None:
    found = sample.service_for({"alertname": "Gateway5xxRatioHigh", "service": "config-center"})
    levels = sample.policies[found.service.policy].levels
    called = [[who for target in level.notify for who in resolve(sample, target, found.service, BEGINS, {})] for level in levels]

    assert say(found.rule, "en") == 'services.yaml:2 label service="config-center"'
    assert called == [["axin"], ["axin", "dazhuang", "dazhuang"], ["amao"], ["xiaomei", "laozhou"]]
    assert (levels[0].unread_after, levels[0].unacknowledged_after) == (timedelta(minutes=1), timedelta(minutes=3))


def test_the_roles_are_proposed_to_those_of_the_story(sample: Catalog) -> None:
    service = sample.services["config-center"]
    first = {role.id: resolve(sample, role.candidates[0], service, BEGINS, {}) for role in sample.roles.values()}

    assert first == {
        "incident-lead": ("amao",),
        "recovery-lead": ("xiaomei",),
        "communicator": ("axin", "dazhuang"),
        "operations": ("ayi",),
        "tester": ("xiaoshuai",),
        "superior": ("laozhou",),
    }


def test_the_document_has_its_name_and_sections(sample: Catalog) -> None:
    template = sample.templates["incident"]

    assert sample.document_title("config-center", BEGINS, "Gateway5xxRatioHigh") == "IR-20230311-配置中心500"
    assert sample.document_title("config-center", BEGINS.astimezone(UTC), "500") == "IR-20230311-配置中心500"
    assert str(template.name) == "应急响应处理模板"
    assert [str(section.name) for section in template.sections] == [
        "概况",
        "影响",
        "角色",
        "时间线",
        "发现与证据",
        "处理方案",
        "恢复验证",
        "后续任务",
    ]
    assert [section.id for section in template.sections if not section.rendered] == ["impact"]
    assert template.sections[0].body.told("en") == "{{overview}}"


def test_ten_to_fifteen_percent_is_worse_enough_to_page_again(sample: Catalog) -> None:
    signal = sample.services["config-center"].signal

    assert signal
    assert [(step.at, step.severity) for step in signal.steps] == [(0.05, 3), (0.1, 2), (0.3, 1)]
    assert 0.1 * (1 + signal.worsens_by) <= 0.15


def test_somebody_is_on_call_all_the_time(sample: Catalog) -> None:
    for rota in sample.rotas:
        assert sample.gaps(rota, BEGINS, BEGINS + timedelta(days=365)) == []


@pytest.mark.parametrize(
    "day, works",
    [
        ("2022-12-31", False),  # New Year 2023 began on a Saturday
        ("2023-01-21", False),
        ("2023-01-27", False),
        ("2023-01-28", True),  # Saturday and Sunday worked for the Spring Festival
        ("2023-01-29", True),
        ("2023-03-11", False),
        ("2023-05-06", True),
        ("2023-06-25", True),
        ("2023-10-06", False),
        ("2023-10-07", True),
        ("2024-02-09", True),  # New Year's Eve was not a holiday in 2024
        ("2025-01-28", False),  # and was again in 2025
        ("2026-02-14", True),
    ],
)
def test_the_calendar_is_the_state_councils(sample: Catalog, day: str, works: bool) -> None:
    assert sample.calendars["china"].works(date.fromisoformat(day)) is works


def test_every_make_up_day_is_a_weekend_day_and_no_holiday(sample: Catalog) -> None:
    calendar = sample.calendars["china"]

    assert all(day.weekday() >= 5 for day in calendar.workdays)
    assert not calendar.workdays.keys() & calendar.holidays.keys()
    # What the notices grant: days off in place of the weekend days worked.
    by_year = {year: sum(day.year == year for day in calendar.workdays) for year in (2023, 2024, 2025)}
    assert by_year == {2023: 7, 2024: 8, 2025: 5}
