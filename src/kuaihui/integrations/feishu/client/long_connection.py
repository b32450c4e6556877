"""
Events without a public address: the vendor's own client keeps the connection, we do the rest.

Rule 1: the vendor's client is imported here alone and only when a connection is opened: it takes seconds and a hundred megabytes.
Rule 2: it owns one event loop for the whole process, so there is one connection a process; it runs in a thread of its own.
Rule 3: it waits three seconds for us at most, as Feishu does; what we answer later is lost, and Feishu sends the event again.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import importlib
import importlib.util
import logging
import threading
from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any, Final

import msgspec

from kuaihui.errors import BadSettings
from kuaihui.integrations.feishu.client.access import Access
from kuaihui.language import text

ANSWER_WITHIN: Final = 2.8  # seconds: Feishu's three, less the way
Hear = Callable[[bytes], Awaitable[bytes | None]]
log = logging.getLogger(__name__)


class NotTaken(Exception):
    """The event was not taken in time: Feishu is answered 500 and sends it again."""


class _Bridge:
    """Stands where the vendor's client expects its dispatcher, and hands the plain event to our event loop."""

    def __init__(self, hear: Hear, home: asyncio.AbstractEventLoop) -> None:
        self._hear = hear
        self._home = home

    def _do_without_validation(self, payload: bytes) -> object:
        asked = asyncio.run_coroutine_threadsafe(_heard(self._hear, payload), self._home)
        try:
            answer = asked.result(ANSWER_WITHIN)
        except (TimeoutError, concurrent.futures.TimeoutError) as fault:
            asked.cancel()
            raise NotTaken("no answer in time") from fault
        return msgspec.json.decode(answer) if answer else None


async def _heard(hear: Hear, payload: bytes) -> bytes | None:
    return await hear(payload)


class LongConnection:
    """One connection of this app. `hear` gets each event's plain JSON and answers a pressed card; where it raises, Feishu sends again."""

    def __init__(self, access: Access, hear: Hear) -> None:
        self._access = access
        self._hear = hear
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._client: Any = None  # Any: the vendor's client has no types
        self.fault: BaseException | None = None

    @property
    def is_up(self) -> bool:
        """Whether the connection stands. It is down while the vendor's client reconnects by itself, and for good when `fault` is set."""
        return self._client is not None and self._client._conn is not None  # its only sign of life

    def open(self) -> None:
        """Begin to connect. Raises BadSettings when the vendor's client is not installed."""
        if importlib.util.find_spec("lark_oapi") is None:
            raise BadSettings(text("the long connection needs the package lark-oapi: install it, or use an event address (webhook)"))
        self._thread = threading.Thread(target=self._run, args=[asyncio.get_running_loop()], name="feishu-long-connection", daemon=True)
        self._thread.start()

    async def close(self) -> None:
        """Hang up and wait for the thread to end."""
        if self._loop and self._thread and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            await asyncio.to_thread(self._thread.join, 5)

    def _run(self, home: asyncio.AbstractEventLoop) -> None:
        loop = self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        module = _vendors_module(loop)
        client = self._client = module.Client(
            self._access.app_id, self._access.secret, event_handler=_Bridge(self._hear, home), domain=self._access.base_url
        )
        try:
            client.start()  # returns only by raising
        except RuntimeError:
            log.debug("the long connection was closed")
        except Exception as fault:  # the thread's end: kept for whoever asks
            self.fault = fault
            log.warning("the long connection ended: %s", fault)
        finally:
            client._auto_reconnect = False
            _wind_down(loop, client)


def _vendors_module(loop: asyncio.AbstractEventLoop) -> ModuleType:
    module = importlib.import_module("lark_oapi.ws.client")
    logging.getLogger("Lark").setLevel(logging.ERROR)  # at INFO it writes the connection's ticket to standard output
    module.loop = loop  # pyright: ignore[reportAttributeAccessIssue] # the vendor's only way to say which loop
    return module


def _wind_down(loop: asyncio.AbstractEventLoop, client: Any) -> None:  # Any: the vendor's client has no types
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.run_until_complete(asyncio.sleep(0))
    loop.run_until_complete(client._disconnect())
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()
