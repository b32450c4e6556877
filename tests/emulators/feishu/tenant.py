"""The emulated tenant, and the ways to reach it: the vendor's own client, ours, and people."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import lark_oapi as lark
import lark_oapi.ws.client as sdk_ws
import pytest
from lark_oapi.core.token import TokenManager

from kuaihui.emulators.feishu.clock import Clock
from kuaihui.emulators.feishu.office import APP_ID, APP_SECRET, office
from kuaihui.emulators.feishu.server import Emulated, running
from kuaihui.integrations.feishu.client.access import Access
from kuaihui.integrations.feishu.client.feishu import Feishu, feishu

sdk_ws.loop.close()  # made when the module is imported; each long connection brings its own

SATURDAY = datetime(2023, 3, 11, 3, 0, tzinfo=UTC)  # 11:00 in Shanghai


@pytest.fixture
async def tenant() -> AsyncGenerator[Emulated]:
    """A tenant whose time is real (and can be pushed on)."""
    async with running(office()) as emulated:
        yield emulated


@pytest.fixture
async def still_tenant() -> AsyncGenerator[Emulated]:
    """A tenant in which time stands still until a test moves it."""
    async with running(office(Clock.standing_at(SATURDAY))) as emulated:
        yield emulated


@pytest.fixture
async def ours(tenant: Emulated) -> AsyncGenerator[Feishu]:
    """Our own client."""
    async with client_of(tenant) as opened:
        yield opened


def client_of(tenant: Emulated, **settings: Any):
    return feishu(Access(app_id=APP_ID, secret=APP_SECRET, base_url=tenant.url), jitter=lambda: 0.5, **settings)


class Sdk:
    """The vendor's client, each call in a thread; a call that fails fails the test with the vendor's words."""

    def __init__(self, tenant: Emulated) -> None:
        TokenManager.cache.set(f"self_tenant_token:{APP_ID}", "", 0)  # the cache is one for the whole process
        builder = lark.Client.builder().app_id(APP_ID).app_secret(APP_SECRET).domain(tenant.url).timeout(5)
        self.client: Any = builder.enable_set_token(True).log_level(lark.LogLevel.CRITICAL).build()

    async def __call__(self, method: Callable[..., Any], request: Any, option: Any = None) -> Any:
        done = await asyncio.to_thread(method, request, option)
        assert done.success(), f"{done.code} {done.msg}"
        return getattr(done, "data", None)

    async def code(self, method: Callable[..., Any], request: Any, option: Any = None) -> int:
        """The code of a call that may fail."""
        return (await asyncio.to_thread(method, request, option)).code

    async def raw(self, method: str, uri: str, body: Any = None) -> Any:
        """A call the SDK does not wrap."""
        request = lark.BaseRequest.builder().http_method(lark.HttpMethod[method]).uri(uri)
        request = request.token_types({lark.AccessTokenType.TENANT}).body(body or {}).build()
        return await asyncio.to_thread(self.client.request, request)


@pytest.fixture
def sdk(tenant: Emulated) -> Sdk:
    return Sdk(tenant)


class People:
    """What people do, by the people's API."""

    def __init__(self, tenant: Emulated) -> None:
        self._url = tenant.url

    async def __call__(self, person: str, deed: str, **said: Any) -> Any:
        async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
            done = await client.post(f"{self._url}/people/ou_{person}/{deed}", json=said)
        assert done.status_code == 200, done.text
        return done.json()


@pytest.fixture
def people(tenant: Emulated) -> People:
    return People(tenant)
