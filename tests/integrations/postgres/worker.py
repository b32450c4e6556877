"""A worker that claims what is due, says so, and holds it: made to be killed or frozen. usage: worker.py URL NAME HOLD"""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from kuaihui.integrations.postgres import Postgres
from kuaihui.journal.journal import Append, timeline_of
from tests.journal.facts import acknowledged


def tell(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


async def main(url: str, name: str, hold: float) -> None:
    async with Postgres.open(url) as journal:
        tell("ready")
        while True:
            for claim in await journal.claim(name, datetime.now(UTC), 1):
                tell("claimed", claim.incident, claim.generation)
                timeline = timeline_of(claim.incident, await journal.read(claim.incident))
                await asyncio.sleep(hold)
                summary = await journal.summary(claim.incident)
                assert summary is not None
                mine = acknowledged(name, datetime.now(UTC))
                [kept] = await journal.append([Append(claim.incident, len(timeline), (mine,), summary, None, claim.generation)])
                tell("kept" if kept else "refused", claim.incident, claim.generation)
            await journal.changed(0.02)


asyncio.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
