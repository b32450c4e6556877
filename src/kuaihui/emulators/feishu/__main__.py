"""`python -m kuaihui.emulators.feishu --port N`: a tenant to try Kuaihui with, where there is no Feishu."""

from __future__ import annotations

import argparse
import asyncio
import sys

from kuaihui.emulators.feishu.office import ALERT_GROUP, APP_ID, APP_SECRET, office
from kuaihui.emulators.feishu.papers import EDIT
from kuaihui.emulators.feishu.samples import furnish
from kuaihui.emulators.feishu.server import running

WELCOME = """\
Feishu, emulated, at {url}
  people's side (open it in a browser): {url}/
  app_id: {app_id}    secret: {secret}
  alert group: {group}    template: {template}    roster: {roster}
  a bot that tells alerts there: POST {url}/open-apis/bot/v2/hook/alarm
Everything is in memory: it is gone when this program ends (Ctrl-C).
"""


async def serve(host: str, port: int) -> None:
    """Listen until somebody stops the program."""
    world = office()
    template, roster = furnish(world)
    world.documents[template].members[ALERT_GROUP] = EDIT
    async with running(world, port, host) as emulated:
        said = {"app_id": APP_ID, "secret": APP_SECRET, "group": ALERT_GROUP, "template": template, "roster": roster}
        sys.stdout.write(WELCOME.format(url=emulated.url, **said))
        sys.stdout.flush()
        await asyncio.Event().wait()


def main() -> None:
    """Read the command line and serve."""
    asked = argparse.ArgumentParser(prog="python -m kuaihui.emulators.feishu", description=__doc__)
    asked.add_argument("--port", type=int, default=8123)
    asked.add_argument("--host", default="127.0.0.1", help="anybody who reaches it can act as anybody: loopback unless you know why")
    said = asked.parse_args()
    try:
        asyncio.run(serve(said.host, said.port))
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
