"""A changed, missing or swapped fact is found, whoever changed it."""

import sqlite3
from pathlib import Path

import pytest

from kuaihui.integrations.sqlite import Sqlite
from kuaihui.journal import verify as verifying
from kuaihui.journal.journal import Journal
from kuaihui.journal.memory import Memory
from kuaihui.journal.verify import every, verify
from kuaihui.language import say
from tests.journal.facts import acknowledged, adding, later, opened, said

FACTS = [opened(), acknowledged(), said("一"), said("二")]


async def test_a_whole_journal_has_no_faults(journal: Journal) -> None:
    await journal.append([adding(f"INC-{n}", [opened(f"s{n}"), acknowledged()]) for n in range(5)])

    assert await verify(journal) == []
    assert await verify(journal, "INC-3") == []
    assert [say(fault, "en") for fault in await verify(journal, "INC-9")] == ["INC-9: there is no such incident"]


SWAP = (
    "UPDATE records SET number = CASE number WHEN 2 THEN 30 ELSE 20 END WHERE number > 1 AND {}; "
    "UPDATE records SET number = number / 10 WHERE number > 9 AND {}"
)
TAMPERING = {
    "a fact's words": (
        "UPDATE records SET body = CAST(replace(CAST(body AS TEXT), '一', '三') AS BLOB) WHERE number = 2 AND {}",
        "INC-1: fact 2 was changed after it was written",
    ),
    "a fact in the middle": ("DELETE FROM records WHERE number = 1 AND {}", "INC-1: fact 1 is missing"),
    "the first fact": ("DELETE FROM records WHERE number = 0 AND {}", "INC-1: fact 0 is missing"),
    "the newest facts": ("DELETE FROM records WHERE number > 1 AND {}", "INC-1: 2 facts are missing from the end"),
    "all facts": ("DELETE FROM records WHERE {}", "INC-1: 4 facts are missing from the end"),
    "two facts swapped": (SWAP, "INC-1: fact 2 was changed after it was written"),
    "the head": ("UPDATE incidents SET head = 'x' WHERE {}", "INC-1: the newest fact is not the one that was written"),
    "a length that hides a fact": ("UPDATE incidents SET length = 3 WHERE {}", "INC-1: 1 facts are there that nobody has counted"),
}


@pytest.mark.parametrize("statement,fault", TAMPERING.values(), ids=TAMPERING)
async def test_tampering_is_found(tmp_path: Path, statement: str, fault: str) -> None:
    file = tmp_path / "journal.db"
    async with Sqlite.open(file) as journal:
        await journal.append([adding("INC-1", FACTS), adding("INC-2", [opened("orders")])])
    connection = sqlite3.connect(file)
    connection.executescript(statement.replace("{}", "incident = 'INC-1'"))
    connection.close()

    async with Sqlite.open(file) as journal:
        assert [say(found, "en") for found in await verify(journal)] == [fault]


async def test_incidents_of_one_instant_are_all_visited_across_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "PAGE", 3)
    journal = Memory()
    names = [f"INC-{n:02}" for n in range(20)]
    await journal.append([adding(name, [opened(name, later(number // 8))]) for number, name in enumerate(names)])

    assert sorted([summary.incident async for summary in every(journal)]) == names
