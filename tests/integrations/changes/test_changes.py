"""What pipelines tell is kept once, and listed where it belongs."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kuaihui.incident.evidence import ChangesListed
from kuaihui.incident.facts import decode, encode
from kuaihui.intake.ringing import Unusable
from kuaihui.integrations.changes.hook import hear
from kuaihui.integrations.changes.list_changes import Changes
from kuaihui.integrations.sqlite import Sqlite
from kuaihui.journal.memory import Memory
from tests.integrations.asking import NOBODY_BROKE, NOW, changes

MINUTE = timedelta(minutes=1)


@pytest.fixture(params=["memory", "sqlite"])
async def kept(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Changes]:
    if request.param == "memory":
        yield Changes(Memory())
        return
    async with Sqlite.open(tmp_path / "kept.db") as journal:
        yield Changes(journal)


async def tell(kept: Changes, *told: dict[str, Any]) -> None:
    await kept.keep(hear(json.dumps(told).encode(), NOW), "changes", NOW)


async def listed(kept: Changes, **more: Any) -> ChangesListed:
    (fact,) = await kept.list_changes(changes(**more), NOBODY_BROKE, NOW)
    assert isinstance(fact, ChangesListed)
    assert decode(encode(fact)) == fact
    return fact


def change(minutes: int, title: str = "v1", service: str = "config-center", **more: Any) -> dict[str, Any]:
    return {"id": f"{title}-{minutes}", "title": title, "service": service, "at": (NOW - MINUTE * minutes).isoformat(), **more}


async def test_changes_of_the_span_and_service_are_listed_newest_first(kept: Changes) -> None:
    told = [change(360, "first instant"), change(361, "too old"), change(0, "too new"), change(5, "new"), change(30, "elsewhere", "orders")]
    await tell(kept, *told, change(60, "everybody's", ""))
    fact = await listed(kept)

    assert [one.title for one in fact.changes] == ["new", "everybody's", "first instant"]
    assert fact.partial is None


async def test_a_change_told_twice_is_listed_once_and_a_new_status_beside_it(kept: Changes) -> None:
    await tell(kept, change(5, status="running"), change(5, status="running"))
    await tell(kept, change(5, status="running"), change(5, status="success"))

    assert sorted(one.status for one in (await listed(kept)).changes) == ["running", "success"]


async def test_more_than_wanted_is_cut_at_the_oldest_and_said(kept: Changes) -> None:
    await tell(kept, *(change(minute) for minute in range(1, 31)))
    fact = await listed(kept, most=10)

    assert [one.at for one in fact.changes] == [NOW - MINUTE * minute for minute in range(1, 11)]
    assert fact.partial is not None
    assert fact.partial.values == {"most": 10, "all": 30}


def test_what_is_told_is_scrubbed_and_a_strange_link_is_left_out() -> None:
    (one,) = hear(json.dumps({"title": "deploy with token=abc123\nnow", "link": "javascript:alert(1)"}).encode(), NOW)

    assert (one.title, one.link, one.at, one.kind) == ("deploy with token=<password> now", "", NOW, "deployment")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[1]",
        b"{}",
        b'{"title": 1}',
        b'{"title": "a", "at": "yesterday"}',
        b'{"title": "a", "at": "2026-03-11T02:59:00"}',
        b"[" * 5000,
    ],
)
def test_what_cannot_be_understood_is_refused(body: bytes) -> None:
    with pytest.raises(Unusable):
        hear(body, NOW)


def test_too_many_at_once_are_refused() -> None:
    with pytest.raises(Unusable, match="100"):
        hear(json.dumps([change(1)] * 101).encode(), NOW)
