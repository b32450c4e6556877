"""Whom a target means."""

from datetime import UTC, date, datetime

import pytest

from kuaihui.catalog.services import Service
from kuaihui.catalog.target_words import KINDS, WORDS
from kuaihui.catalog.targets import resolve
from tests.catalog.makes import catalog, person, rota

SERVICE = Service.model_validate(
    {
        "id": "s",
        "name": "s",
        "owner": "owner",
        "rota": "r",
        "communicators": ["c1", "gone", "c2", "c1"],
        "operations": ["op"],
        "testers": ["tester"],
    }
)
PEOPLE = [
    person("a", leader="lead-of-a", backup="b"),
    person("b"),
    person("owner", leader="boss"),
    person("boss", leader="top"),
    *(person(name) for name in ("top", "lead-of-a", "c1", "c2", "op", "tester")),
    person("gone", joined=False),
]
NIGHT = rota({"people": ["b"]}).model_copy(update={"id": "night"})
CATALOG = catalog(PEOPLE, [SERVICE], [rota({"people": ["a", "gone"], "turn": "weekly"}), NIGHT])
AT = datetime(2023, 1, 3, tzinfo=UTC)
MEANT = {
    "oncall": ("a",),
    "backup-of-oncall": ("b",),
    "leader-of-oncall": ("lead-of-a",),
    "owner": ("owner",),
    "leader": ("boss",),
    "superior": ("top",),
    "communicators": ("c1", "c2"),
    "operations": ("op",),
    "testers": ("tester",),
    "rota:night": ("b",),
    "rota:unknown": (),
    "person:a": ("a",),
    "person:gone": (),
    "person:unknown": (),
    "role:lead": ("owner",),
    "role:nobody-holds-it": (),
    "nonsense": (),
    "": (),
}


@pytest.mark.parametrize("target, people", MEANT.items(), ids=list(MEANT))
def test_a_target_means_these_people(target: str, people: tuple[str, ...]) -> None:
    assert resolve(CATALOG, target, SERVICE, AT, {"lead": "owner", "other": "gone"}) == people


def test_every_target_that_may_be_written_is_in_the_table() -> None:
    assert {*WORDS, *KINDS} <= {target.partition(":")[0] for target in MEANT}


def test_a_service_may_name_a_leader_of_its_own() -> None:
    own = SERVICE.model_copy(update={"leader": "a"})

    assert resolve(CATALOG, "leader", own, AT, {}) == ("a",)
    assert resolve(CATALOG, "superior", own, AT, {}) == ("lead-of-a",)


def test_a_service_without_a_rota_has_nobody_on_call() -> None:
    assert resolve(CATALOG, "oncall", SERVICE.model_copy(update={"rota": ""}), datetime.combine(date(2023, 1, 3), AT.timetz()), {}) == ()
