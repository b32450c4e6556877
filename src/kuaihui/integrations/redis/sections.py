"""
The parts of one look, each with its own time-out; what cannot be had becomes a gap with its reason, never an error.

Rule 1: only commands that read are sent, and nothing that reads a value; the list is the access rule in docs/integrations/redis.md.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

import msgspec
from redis.asyncio import Redis
from redis.exceptions import NoPermissionError, RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeout

from kuaihui.diagnosis.redis_health.snapshot import ClientGroup, Gap, KeySize, LatencyEvent, ServerInfo
from kuaihui.integrations.redis import replies
from kuaihui.integrations.redis.connect import ask
from kuaihui.integrations.redis.monitor_text import KeyPosition
from kuaihui.integrations.redis.settings import CLIENT_NAME, RedisSettings
from kuaihui.language import Text, text

Answer = TypeVar("Answer")
# Asked about at once, before any of them is used: a managed service may have renamed them or taken them away.
COMMANDS = ("slowlog", "client", "latency", "memory", "object", "scan", "monitor", "hotkeys")


class Sections:
    """Asks one node, and remembers what was not answered."""

    def __init__(self, client: Redis, settings: RedisSettings) -> None:
        self.client = client
        self.cost = settings.cost
        self.gaps: list[Gap] = []
        self._node = settings.node
        self._lacking: frozenset[str] = frozenset()
        self._positions: dict[str, KeyPosition] = {}

    async def had(self, section: str, question: Callable[[], Awaitable[Answer]], more: float = 0.0) -> Answer | None:
        """The answer within its time-out and `more` seconds, or None and a gap. `section` begins with the command that is needed."""
        seconds = self.cost.section.total_seconds() + more
        command = section.split(maxsplit=1)[0].lower()
        if command in self._lacking:
            return self.gap(section, text("this server has no {command}, or under another name", command=section))
        try:
            async with asyncio.timeout(seconds):
                return await question()
        except (RedisError, OSError, TimeoutError, msgspec.ValidationError) as error:
            return self.gap(section, _reason(section, error, seconds))

    def gap(self, section: str, why: Text) -> None:
        """Write down what could not be had."""
        self.gaps.append(Gap(section, why, self._node))

    def has(self, command: str) -> bool:
        """Whether the server may know this command: yes, unless it said no."""
        return command not in self._lacking

    async def learn_commands(self) -> None:
        """Ask which of our commands the server lacks; where even that is forbidden, each is simply tried."""
        reply = await self._command_info(COMMANDS)
        if reply is not None:
            self._lacking = frozenset(name for name, row in zip(COMMANDS, reply, strict=False) if row is None)

    async def key_positions(self, commands: Iterable[str]) -> dict[str, KeyPosition]:
        """Where these commands' keys stand: as the server tells it, or as is usual."""
        asked = sorted(set(commands) - self._positions.keys())
        reply = await self._command_info(asked) if asked else None
        told = replies.USUAL_POSITIONS if reply is None else replies.key_positions(reply)
        self._positions |= {name: told[name] for name in asked if name in told}
        return self._positions

    async def _command_info(self, names: Sequence[str]) -> list[object] | None:
        try:
            async with asyncio.timeout(self.cost.section.total_seconds()):
                return msgspec.convert(await ask(self.client, "COMMAND", "INFO", *names), list[object])
        except (RedisError, OSError, TimeoutError, msgspec.ValidationError):
            return None

    async def slow_log(self) -> list[replies.Logged] | None:
        """The slow log's newest entries."""
        return await self.had("SLOWLOG GET", self._slow_log)

    async def _slow_log(self) -> list[replies.Logged]:
        return replies.slow_log(await ask(self.client, "SLOWLOG", "GET", self.cost.slow_entries))

    async def clients(self, info: ServerInfo) -> tuple[ClientGroup, ...] | None:
        """The connections by client; left out where the list alone would hold the server up."""
        if info.clients > self.cost.listed_clients:
            return self.gap("CLIENT LIST", text("left out: {clients} clients are too many to list", clients=info.clients))
        return await self.had("CLIENT LIST", self._clients)

    async def _clients(self) -> tuple[ClientGroup, ...]:
        return replies.client_groups(await ask(self.client, "CLIENT LIST"), CLIENT_NAME)

    async def latencies(self) -> tuple[LatencyEvent, ...] | None:
        """What the server's latency monitor saw."""
        return await self.had("LATENCY LATEST", self._latencies)

    async def _latencies(self) -> tuple[LatencyEvent, ...]:
        return replies.latency_events(await ask(self.client, "LATENCY", "LATEST"))

    async def sizes(self, keys: Sequence[bytes], told: Callable[[bytes], str]) -> tuple[KeySize, ...]:
        """The memory of a few suspected keys; the server samples five elements of each."""
        if not keys:
            return ()
        return await self.had("MEMORY USAGE", lambda: self._sizes(keys[: self.cost.sizes], told)) or ()

    async def _sizes(self, keys: Sequence[bytes], told: Callable[[bytes], str]) -> tuple[KeySize, ...]:
        found = [(key, await ask(self.client, "MEMORY", "USAGE", key)) for key in keys]
        return tuple(KeySize(told(key), size) for key, size in found if isinstance(size, int))

    async def hotkeys(self) -> object | None:
        """HOTKEYS (Redis 8.6) for a second at most. A collection that somebody else has begun is read and left alone."""
        return await self.had("HOTKEYS", self._hotkeys)

    async def _hotkeys(self) -> object:
        ours = await self._begun()
        await asyncio.sleep(self.cost.between.total_seconds() * 0.8 if ours else 0)
        try:
            return await ask(self.client, "HOTKEYS", "GET")
        finally:
            if ours:
                await ask(self.client, "HOTKEYS", "STOP")
                await ask(self.client, "HOTKEYS", "RESET")

    async def _begun(self) -> bool:
        try:
            # DURATION ends it even if we are gone by then.
            await ask(self.client, *["HOTKEYS", "START", "METRICS", "1", "CPU", "COUNT", "10", "DURATION", "1"])
        except NoPermissionError:
            raise
        except ResponseError as error:
            if "already" in str(error) or "progress" in str(error):
                return False
            raise
        return True

    async def frequencies(self) -> dict[bytes, int] | None:
        """The use counters of at most `scanned_keys` keys, under an LFU policy."""
        return await self.had("OBJECT FREQ", self._frequencies)

    async def _frequencies(self) -> dict[bytes, int]:
        found: dict[bytes, int] = {}
        cursor = 0
        while True:
            cursor, keys = msgspec.convert(await ask(self.client, "SCAN", cursor, "COUNT", 250), tuple[int, list[bytes]])
            found |= await self._frequencies_of(keys)
            if not cursor or len(found) >= self.cost.scanned_keys:
                return found

    async def _frequencies_of(self, keys: Sequence[bytes]) -> dict[bytes, int]:
        pipeline = self.client.pipeline(transaction=False)
        for key in keys:
            pipeline.execute_command("OBJECT", "FREQ", key)  # pyright: ignore[reportUnknownMemberType] # the library's Any
        answers = msgspec.convert(await pipeline.execute(raise_on_error=bool(keys)), list[int | None])
        return {key: answer for key, answer in zip(keys, answers, strict=True) if answer is not None}


def _reason(section: str, error: Exception, seconds: float) -> Text:
    if isinstance(error, NoPermissionError):
        return text("{command} is forbidden to the probe's user (ACL)", command=section)
    if isinstance(error, TimeoutError | RedisTimeout):
        return text("{command} was not answered within {seconds} s", command=section, seconds=seconds)
    if isinstance(error, msgspec.ValidationError):
        return text("the answer to {command} was not understood", command=section)
    if isinstance(error, ResponseError) and "unknown" in str(error).lower():
        return text("this server has no {command}, or under another name", command=section)
    # Only the error's name: its text may quote what was sent.
    return text("{command} failed: {error}", command=section, error=type(error).__name__)
