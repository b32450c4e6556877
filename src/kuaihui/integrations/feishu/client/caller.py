"""
One call to Feishu: its turn, its token, its envelope, and what is done when it fails.

Rule 1: what was surely not done (too many calls, a rejected token) is asked again here, within the caller's patience.
Rule 2: what was perhaps done (no answer, 5xx) is asked again only when twice is the same as once: reads, and calls with an idempotency key.
Rule 3: everything else is told to whoever ordered it, as TryLater or GiveUp.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Generic, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from kuaihui.integrations.feishu.client.access import Access
from kuaihui.integrations.feishu.client.failures import Failure, FeishuBusy, FeishuRefused
from kuaihui.integrations.feishu.client.paces import Pace, Paces
from kuaihui.integrations.feishu.client.tokens import Granted, TenantToken
from kuaihui.integrations.feishu.client.trusted import trusted

MOST_TRIES = 4
Shape = TypeVar("Shape")

# "Tier 4" of the vendor's frequency page. Its thousand a minute is the narrower one for anything that lasts.
TIER_4 = (Pace(50), Pace(1000, 60))


@dataclass(frozen=True)
class Operation:
    """One operation of Feishu: its name as the vendor's SDK has it, its path, and how often we call it."""

    name: str
    method: str
    path: str
    paces: tuple[Pace, ...] = TIER_4
    lane: str = ""  # operations that share a pace name the same lane; "": the operation's own
    alone: bool = False  # no two at once
    first: bool = False  # gets a human: it waits for no connection behind documents, receipts and posts


class Nothing(msgspec.Struct):
    """An answer that holds nothing we use."""


@dataclass(frozen=True, kw_only=True)
class Ask(Generic[Shape]):
    """One call as its caller wants it."""

    operation: Operation
    shape: type[Shape]
    path: Mapping[str, str] = field(default_factory=dict[str, str])
    query: Mapping[str, str | int | bool | Sequence[str] | None] = field(default_factory=dict[str, "str | None"])
    body: object = None
    form: Mapping[str, str] | None = None
    file: tuple[str, str, bytes] | None = None  # form field, file name, content
    twice_is_once: bool = False  # reads are; a write is when it carries an idempotency key
    lanes: Sequence[tuple[str, Pace]] = ()  # further lanes, such as one chat's
    as_person: str = ""  # a person's token instead of the app's


class _Reason(msgspec.Struct):
    log_id: str = ""
    permission_violations: list[dict[str, str]] | None = None


class _Envelope(msgspec.Struct):
    code: int
    msg: str = ""
    data: msgspec.Raw = msgspec.Raw(b"{}")
    error: msgspec.Raw = msgspec.Raw(b"{}")


class _Failed(Exception):
    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.words)
        self.failure = failure


class Caller:
    """Calls Feishu as one app. `jitter` gives a number between 0 and 1, so that many do not come back at the same instant."""

    def __init__(
        self,
        access: Access,
        jitter: Callable[[], float],
        patience: timedelta = timedelta(seconds=8),
        time_out: float = 10.0,
    ) -> None:
        self.access = access
        self._jitter = jitter
        self._patience = patience.total_seconds()
        limit = httpx.Timeout(time_out, connect=min(3.0, time_out))
        self._client = httpx.AsyncClient(timeout=limit, limits=_connections(16), verify=trusted())
        self._first = httpx.AsyncClient(timeout=limit, limits=_connections(24), verify=trusted())
        self._paces = Paces()
        self._one_at_a_time: dict[str, asyncio.Lock] = {}
        self._token = TenantToken(self._fetch_token)

    async def ask(self, ask: Ask[Shape]) -> Shape:
        """The answer's data in the shape that was asked for. Raises FeishuBusy (a TryLater) or FeishuRefused (a GiveUp)."""
        alone = self._one_at_a_time.setdefault(ask.operation.name, asyncio.Lock()) if ask.operation.alone else nullcontext()
        async with alone:
            content = await self._patiently(ask)
        return _decoded(ask, msgspec.json.decode(content, type=_Envelope).data)

    async def ask_flat(self, ask: Ask[Shape]) -> Shape:
        """As `ask`, for the few operations whose answer stands beside `code` rather than under `data`."""
        return _decoded(ask, msgspec.Raw(await self._patiently(ask)))

    async def download(self, ask: Ask[bytes]) -> bytes:
        """A file."""
        return await self._patiently(ask)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()
        await self._first.aclose()

    async def _patiently(self, ask: Ask[Shape]) -> bytes:
        clock = asyncio.get_running_loop().time
        deadline, renewed = clock() + self._patience, False
        for tried in range(1, MOST_TRIES + 1):
            try:
                return await self._once(ask)
            except _Failed as failed:
                failure = failed.failure
            if failure.token_was_rejected and not ask.as_person and not renewed:
                renewed = True
                continue
            wait = self._wait(failure, tried)
            if tried == MOST_TRIES or not _may_repeat(ask, failure) or clock() + wait > deadline:
                raise _told(failure, wait)
            self._close_lanes(ask, failure)
            await asyncio.sleep(wait)
        raise AssertionError("the last try returns or raises")

    async def _once(self, ask: Ask[Shape]) -> bytes:
        async with AsyncExitStack() as turns:
            for lane, pace in _lanes(ask):
                await turns.enter_async_context(self._paces.turn(lane, pace))
            return await self._tried(ask, ask.as_person or await self._token.get())

    async def _tried(self, ask: Ask[Shape], token: str) -> bytes:
        try:
            return _checked(ask.operation.name, await self._send(ask, token))
        except httpx.HTTPError as fault:
            raise _Failed(Failure(operation=ask.operation.name, words=type(fault).__name__)) from fault
        except _Failed as failed:
            if failed.failure.token_was_rejected and not ask.as_person:
                self._token.reject(token)
            raise

    async def _send(self, ask: Ask[Shape], token: str) -> httpx.Response:
        path = ask.operation.path.format_map({name: quote(value, safe="") for name, value in ask.path.items()})
        headers = {"authorization": f"Bearer {token}"}
        if ask.body is not None:
            headers["content-type"] = "application/json; charset=utf-8"
        client = self._first if ask.operation.first else self._client
        return await client.request(
            ask.operation.method,
            f"{self.access.base_url}/open-apis/{path}",
            params={name: value for name, value in ask.query.items() if value is not None},
            content=msgspec.json.encode(ask.body) if ask.body is not None else None,
            data=ask.form,
            files={ask.file[0]: ask.file[1:]} if ask.file else None,
            headers=headers,
        )

    async def _fetch_token(self) -> Granted:
        name = "auth.v3.tenant_access_token.internal"
        body = {"app_id": self.access.app_id, "app_secret": self.access.secret}
        try:
            done = await self._client.post(f"{self.access.base_url}/open-apis/auth/v3/tenant_access_token/internal", json=body)
            return msgspec.json.decode(_checked(name, done), type=Granted)
        except httpx.HTTPError as fault:
            raise _told(Failure(operation=name, words=type(fault).__name__), 2.0) from fault
        except _Failed as failed:
            raise _told(failed.failure, self._wait(failed.failure, 1)) from failed

    def _wait(self, failure: Failure, tried: int) -> float:
        if failure.wait is not None:
            return failure.wait.total_seconds()
        longest = failure.remedy.after.total_seconds() * 2 ** (tried - 1)
        return longest * (0.5 + self._jitter() / 2)

    def _close_lanes(self, ask: Ask[Shape], failure: Failure) -> None:
        if failure.wait is not None:
            for lane, pace in _lanes(ask)[:1]:
                self._paces.close(lane, pace, failure.wait.total_seconds())


def _connections(most: int) -> httpx.Limits:
    """An outage begins after hours of quiet, and brings bursts: connections are kept open as long as Feishu lets us."""
    return httpx.Limits(max_connections=most, max_keepalive_connections=most, keepalive_expiry=60.0)


def _lanes(ask: Ask[Shape]) -> list[tuple[str, Pace]]:
    """The narrow lanes first: whoever waits for one chat holds no place in the wide lane that others need."""
    own = ask.operation.lane or ask.operation.name
    return [*ask.lanes, *((own, pace) for pace in ask.operation.paces)]


def _may_repeat(ask: Ask[Shape], failure: Failure) -> bool:
    return failure.is_busy or (failure.is_unknown and (ask.twice_is_once or ask.operation.method == "GET"))


def _told(failure: Failure, wait: float) -> FeishuBusy | FeishuRefused:
    if failure.is_busy or failure.is_unknown:
        return FeishuBusy(failure, timedelta(seconds=wait))
    return FeishuRefused(failure)


def _checked(operation: str, done: httpx.Response) -> bytes:
    """The body of an answer that says success. Raises _Failed for any other, HTML pages of gateways among them."""
    if not done.headers.get("content-type", "").startswith("application/json"):
        if done.is_success and done.headers.get("content-type", "") != "text/html":
            return done.content
        raise _Failed(Failure(operation=operation, http=done.status_code, words=f"HTTP {done.status_code}"))
    try:
        said = msgspec.json.decode(done.content, type=_Envelope)
    except msgspec.MsgspecError as fault:
        raise _Failed(Failure(operation=operation, http=done.status_code, words="not Feishu's envelope")) from fault
    if said.code == 0 and done.is_success:
        return done.content
    raise _Failed(_failure(operation, said, done))


def _failure(operation: str, said: _Envelope, done: httpx.Response) -> Failure:
    reason = _reason(said.error)
    reset = done.headers.get("x-ogw-ratelimit-reset", "")
    return Failure(
        operation=operation,
        code=said.code,
        words=said.msg,
        http=done.status_code,
        log_id=done.headers.get("x-tt-logid", reason.log_id),
        scopes=tuple(each["subject"] for each in reason.permission_violations or [] if "subject" in each),
        wait=timedelta(seconds=float(reset)) if reset.isdigit() else None,
    )


def _reason(error: msgspec.Raw) -> _Reason:
    try:
        return msgspec.json.decode(error, type=_Reason, strict=False)
    except msgspec.MsgspecError:
        return _Reason()


def _decoded(ask: Ask[Shape], data: msgspec.Raw) -> Shape:
    try:
        return msgspec.json.decode(data, type=ask.shape, strict=False)
    except msgspec.MsgspecError as fault:
        raise FeishuRefused(Failure(operation=ask.operation.name, words=f"an answer we cannot read: {fault}", http=200)) from fault
