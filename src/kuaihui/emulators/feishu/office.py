"""A small tenant to begin with: the team of the founding story, its alert group, and one app."""

from __future__ import annotations

from kuaihui.emulators.feishu import control
from kuaihui.emulators.feishu.clock import Clock
from kuaihui.emulators.feishu.records import Department, Person
from kuaihui.emulators.feishu.world import World

APP_ID = "cli_kuaihui"
APP_SECRET = "emulated-secret"  # noqa: S105 # of a tenant that exists in memory alone
ALERT_GROUP = "oc_alerts"
TEAM = "od_platform"


def office(clock: Clock | None = None) -> World:
    """The tenant with the story's cast: everybody reports to Amao, and Amao to the director."""
    world = World(clock=clock or Clock())
    control.add_app(world, APP_ID, APP_SECRET)
    for person in _cast():
        control.add_person(world, person)
    world.departments[TEAM] = Department(TEAM, "平台研发部", leader="ou_amao")
    group = control.NewGroup(chat_id=ALERT_GROUP, name="网关告警群", people=["ou_dazhuang", "ou_axin", "ou_amao"], bots=[APP_ID])
    control.add_group(world, group)
    return world


def _cast() -> list[Person]:
    team = [
        ("ou_dazhuang", "大壮", "13800000001"),
        ("ou_axin", "阿新", "13800000002"),
        ("ou_xiaomei", "小美", "13800000004"),
        ("ou_ayi", "阿义", "13800000005"),
        ("ou_xiaoshuai", "小帅", "13800000006"),
    ]
    people = [Person(each, name, mobile=mobile, email=_email(each), leader="ou_amao", department_ids=[TEAM]) for each, name, mobile in team]
    leaders = [
        Person("ou_amao", "阿茂", mobile="13800000003", email=_email("ou_amao"), leader="ou_director", department_ids=[TEAM]),
        Person("ou_director", "上级", mobile="13800000007", email=_email("ou_director")),
    ]
    return [*people, *leaders]


def _email(open_id: str) -> str:
    return f"{open_id.removeprefix('ou_')}@example.com"
