"""
The first look at a Redis: read-only, bounded, and honest about what it could not see.

Rule 1: counters are read twice and told as their difference; between the two the hot key is looked for.
Rule 2: the look ends within its total time-out with whatever it has by then.
Rule 3: in a cluster every primary is looked at, since slow log, clients and counters are each node's own.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from ssl import SSLError

import msgspec
from redis.asyncio import Redis
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError
from redis.exceptions import TimeoutError as RedisTimeout

from kuaihui.diagnosis.redis_health.diagnose import (
    by_weight,
    diagnose,
    failed_node,
    login_refused,
    no_connection_left,
    one_busy_primary,
    unreachable,
)
from kuaihui.diagnosis.redis_health.finding import Finding
from kuaihui.diagnosis.redis_health.snapshot import Gap, HotKeys, RedisSnapshot, ServerInfo
from kuaihui.integrations.redis import hot_keys, replies
from kuaihui.integrations.redis.connect import ask, connected, introduce
from kuaihui.integrations.redis.sections import Sections
from kuaihui.integrations.redis.settings import RedisSettings
from kuaihui.integrations.redis.watch import SLOW_ANSWER, Window, plan, watch
from kuaihui.language import Text, text


class NodeReport(msgspec.Struct, frozen=True, kw_only=True):
    """One node: the two looks (None: not had), and its hot keys by each method that was used."""

    node: str
    before: RedisSnapshot | None = None
    after: RedisSnapshot | None = None
    hot: tuple[HotKeys, ...] = ()


class RedisReport(msgspec.Struct, frozen=True, kw_only=True):
    """The whole look: findings, the weightiest first; gaps; `took` in seconds; `watched` seconds of MONITOR, over all nodes."""

    asked: str
    at: datetime
    took: float
    watched: float
    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...]
    nodes: tuple[NodeReport, ...]


async def inspect(settings: RedisSettings, now: Callable[[], datetime]) -> RedisReport:
    """Look at this Redis; at every primary when it is a cluster. Never raises for what the server does or refuses."""
    loop = asyncio.get_running_loop()
    began, at = loop.time(), now()
    addresses, failed = await _primaries(settings)
    turn = asyncio.Semaphore(settings.cost.at_once)
    looks = await asyncio.gather(*(_in_turn(turn, address, now) for address in addresses[: settings.cost.nodes]))
    left_out = [Gap("CLUSTER NODES", text("left out: the look at this node"), node.node) for node in addresses[settings.cost.nodes :]]
    pairs = [(look.before, look.after) for look in looks if look.after is not None]
    findings = [finding for look in looks for finding in look.findings()] + [failed_node(node) for node in failed] + one_busy_primary(pairs)
    return RedisReport(
        asked=settings.node,
        at=at,
        took=loop.time() - began,
        watched=sum(look.watched for look in looks),
        findings=tuple(by_weight(findings)),
        gaps=tuple(gap for look in looks for gap in look.gaps) + tuple(left_out),
        nodes=tuple(NodeReport(node=look.settings.node, before=look.before, after=look.after, hot=tuple(look.hot)) for look in looks),
    )


async def _primaries(settings: RedisSettings) -> tuple[list[RedisSettings], list[str]]:
    """The nodes to look at: a cluster's primaries, or the one that was named."""
    try:
        async with asyncio.timeout(settings.cost.section.total_seconds()), connected(settings) as client:
            living, failed = replies.primaries(await ask(client, "CLUSTER NODES"), settings.host)
    except (RedisError, OSError, TimeoutError, msgspec.ValidationError):
        return [settings], []
    return [replace(settings, host=host, port=port) for host, port in living] or [settings], failed


async def _in_turn(turn: asyncio.Semaphore, settings: RedisSettings, now: Callable[[], datetime]) -> Look:
    async with turn:
        look = Look(settings, now)
        await look.take()
        return look


@dataclass
class Look:
    """One node being looked at: fills up as answers come, so that a look cut short is a partial one."""

    settings: RedisSettings
    now: Callable[[], datetime]
    before: RedisSnapshot | None = None
    after: RedisSnapshot | None = None
    hot: list[HotKeys] = field(default_factory=list[HotKeys])
    gaps: list[Gap] = field(default_factory=list[Gap])
    fault: Finding | None = None
    watched: float = 0.0
    _suspects: list[bytes] = field(default_factory=list[bytes])

    def findings(self) -> list[Finding]:
        """What this node's look says."""
        found = [self.fault] if self.fault else []
        return found + (diagnose(self.before, self.after, self.hot) if self.after else [])

    async def take(self) -> None:
        """The look, within its total time-out."""
        try:
            async with asyncio.timeout(self.settings.cost.total.total_seconds()), connected(self.settings) as client:
                await self._take(client)
        except TimeoutError:
            self.gaps.append(Gap("", text("the look ran out of time"), self.settings.node))

    async def _take(self, client: Redis) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        sections = Sections(client, self.settings)
        self.gaps = sections.gaps
        answered_in = await self._first(client)
        if answered_in is None or self.after is None:
            return
        info = self.after.info
        await sections.learn_commands()
        await self._slow_log(sections, info)
        await self._hot_keys(sections, info, answered_in)
        await self._rest(sections, info)
        await asyncio.sleep(max(0.0, began + self.settings.cost.between.total_seconds() - loop.time()))
        await self._second(sections)

    async def _first(self, client: Redis) -> timedelta | None:
        """The first counters, and how long the server took over them; without them there is no look, and why is the finding."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self.settings.cost.first.total_seconds()):
                await introduce(client)  # connects: what that takes is not the server's answer
                began = loop.time()
                self.after = await self._counters(client)
                return timedelta(seconds=loop.time() - began)
        except (RedisError, OSError, TimeoutError, msgspec.ValidationError) as error:
            self.fault = _fault(self.settings, error)
            return None

    async def _counters(self, client: Redis) -> RedisSnapshot:
        asked_at = self.now()
        told, info = replies.info(msgspec.convert(await ask(client, "INFO", "all"), dict[str, object]))
        at = replies.server_time(told, asked_at)
        if self.after is None:
            return RedisSnapshot(node=self.settings.node, at=at, info=info)
        return msgspec.structs.replace(self.after, at=at, info=info)

    def _know(self, **parts: object) -> None:
        assert self.after is not None
        self.after = msgspec.structs.replace(self.after, **parts)

    async def _slow_log(self, sections: Sections, info: ServerInfo) -> None:
        logged = await sections.slow_log()
        if logged is None:
            return
        positions = await sections.key_positions(line.command for line in logged)
        keys = [line.first if line.command in positions and positions[line.command].first == 1 else b"" for line in logged]
        told = self.settings.key_names.told
        pairs = zip(logged, keys, strict=True)
        self._know(slow=tuple(replies.slow_entry(line, info.run_id, told(key) if key else "") for line, key in pairs))
        self._suspects += [key for key, _ in Counter(key for key in keys if key).most_common(2)]

    async def _hot_keys(self, sections: Sections, info: ServerInfo, answered_in: timedelta) -> None:
        found = await self._by_hotkeys(sections, info) if sections.has("hotkeys") else None
        if found is None and "lfu" in info.memory_policy and answered_in < SLOW_ANSWER:
            found = await self._by_counter(sections, info)
        if found is None or found.hot.method is not hot_keys.Method.HOTKEYS:
            await self._by_watching(sections, info, answered_in)

    def _found(self, found: hot_keys.Watched | None) -> hot_keys.Watched | None:
        if found is not None:
            self.hot.append(found.hot)
            self._suspects = [*found.keys[:1], *self._suspects]
        return found

    async def _by_hotkeys(self, sections: Sections, info: ServerInfo) -> hot_keys.Watched | None:
        reply = await sections.hotkeys()
        return self._found(None if reply is None else hot_keys.by_hotkeys(reply, info.commands, self.settings.key_names.told))

    async def _by_counter(self, sections: Sections, info: ServerInfo) -> hot_keys.Watched | None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        frequencies = await sections.frequencies()
        if frequencies is None:
            return None
        return self._found(hot_keys.by_counter(frequencies, info.keys, loop.time() - began, self.settings.key_names.told))

    async def _by_watching(self, sections: Sections, info: ServerInfo, answered_in: timedelta) -> None:
        how = plan(self.settings.cost, info, answered_in)
        if isinstance(how, Text):
            sections.gap("MONITOR", how)
            return
        windows: list[Window] = []
        between = self.settings.cost.between.total_seconds()
        pool, pause = sections.client.connection_pool, between / (how.windows + 1)
        await sections.had("MONITOR", lambda: watch(pool, how, pause, windows), more=between)
        self.watched += sum(window.took for window in windows)
        counts = hot_keys.count_windows(windows)
        if not sum(counted.commands for counted in counts):
            return
        positions = await sections.key_positions(command for counted in counts for command, _ in counted.pairs)
        self._found(hot_keys.watched(windows, counts, positions, self.settings.key_names.told))

    async def _rest(self, sections: Sections, info: ServerInfo) -> None:
        self._know(clients=await sections.clients(info))
        self._know(latencies=await sections.latencies())
        keys = list(dict.fromkeys(self._suspects))
        self._know(sizes=await sections.sizes(keys, self.settings.key_names.told))

    async def _second(self, sections: Sections) -> None:
        first = self.after
        later = await sections.had("INFO", lambda: self._counters(sections.client))
        if later is not None:
            self.before, self.after = first, later


def _fault(settings: RedisSettings, error: Exception) -> Finding:
    """Why there are no counters."""
    node, seconds = settings.node, settings.cost.first.total_seconds()
    match error:
        case AuthenticationError() | NoPermissionError():
            return login_refused(node)
        case _ if "max number of clients" in str(error):
            return no_connection_left(node)
        case TimeoutError() | RedisTimeout():
            return unreachable(node, text("no answer within {seconds} s", seconds=seconds))
        case _ if str(error).startswith("BUSY "):
            return unreachable(node, text("a script has been running for too long and blocks everything (BUSY)"))
        case _ if isinstance(error.__cause__, SSLError) or "SSL" in str(error):
            return unreachable(node, text("the TLS handshake failed"))
        case _:
            return unreachable(node, text("the connection fails ({error})", error=_root(error)))


def _root(error: BaseException) -> str:
    """The name of the error at the bottom, such as ConnectionRefusedError: it says more than the library's own."""
    below = error.__cause__ or error.__context__
    return _root(below) if below is not None else type(error).__name__
