"""The policy is edited while an incident is running."""

from __future__ import annotations

from datetime import timedelta

from kuaihui.catalog.catalog import Catalog
from tests.nights.night import Night


def _slower(catalog: Catalog) -> Catalog:
    policies = {}
    for name, policy in catalog.policies.items():
        levels = tuple(level.model_copy(update={"unread_after": timedelta(hours=1), "notify": ("owner",)}) for level in policy.levels)
        policies[name] = policy.model_copy(update={"levels": levels})
    return catalog.model_copy(update={"policies": policies})


async def test_the_running_incident_keeps_the_policy_it_was_opened_under(night: Night) -> None:
    await night.rings(0.10)
    await night.passes(seconds=30)
    night.edits(_slower)
    await night.passes(seconds=30)

    assert await night.told() == ["11:00:00 axin", "11:01:00 dazhuang"]


async def test_the_next_incident_has_the_new_one(night: Night) -> None:
    night.edits(_slower)
    await night.rings(0.10)
    await night.passes(minutes=5)

    assert await night.paged() == ["xiaomei"]
