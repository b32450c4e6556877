"""
A wire to a server that takes its time: what PostgreSQL in another rack costs, measured on one machine.

    python -m bench.peers.slow_wire PORT TO MILLISECONDS

What comes in at PORT goes to TO, so much later; what comes back does not wait. So each round trip takes that much longer.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress

HOST = "127.0.0.1"


async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, late: float) -> None:
    loop = asyncio.get_running_loop()
    with suppress(ConnectionError):
        while some := await reader.read(1 << 16):
            loop.call_later(late, writer.write, some)
    loop.call_later(late, writer.close)


async def main(port: int, to: int, late: float) -> None:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(HOST, to)
        await asyncio.gather(carry(reader, back, late), carry(there, writer, 0))

    async with await asyncio.start_server(connected, HOST, port) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]) / 1e3))
