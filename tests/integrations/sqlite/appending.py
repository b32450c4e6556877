"""Appends for ever, and says what was kept: made to be killed. usage: appending.py FILE"""

import asyncio
import sys
from itertools import count
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from kuaihui.incident.fact import Fact
from kuaihui.integrations.sqlite import Sqlite
from kuaihui.journal.journal import Journal
from tests.journal.facts import adding, later, opened, said


async def one(journal: Journal, incident: str) -> None:
    facts: list[Fact] = []
    for number in count():
        now = later(number)
        fresh = [said(str(number))] if facts else [opened(incident)]
        if await journal.append([adding(incident, fresh, facts, due=now)]) == [True]:
            facts += fresh
            # One write a line, so that a killed process leaves whole lines.
            sys.stdout.write(f"{incident} {len(facts)}\n")
            sys.stdout.flush()
        for claim in await journal.claim("worker", now, 1):
            await journal.schedule(claim, len(facts), later(number + 1))


async def main() -> None:
    async with Sqlite.open(sys.argv[1]) as journal:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.gather(*(one(journal, f"INC-{n}") for n in range(8)))


asyncio.run(main())
