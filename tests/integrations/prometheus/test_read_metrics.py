"""Reading metrics, on a real Prometheus."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any  # any further field of the order

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuaihui.errors import GiveUp, TryLater
from kuaihui.incident.evidence import MOST_POINTS, MetricsRead
from kuaihui.incident.facts import decode, encode
from kuaihui.integrations.prometheus.read_metrics import MOST_SERIES, Access, Prometheus, thinned
from tests.integrations.asking import NOBODY_BROKE, NOW, metrics
from tests.servers.prometheus import StartWithConfig

ITSELF = "global: {scrape_interval: 1s}\nscrape_configs: [{job_name: self, static_configs: [{targets: ['127.0.0.1:PORT']}]}]\n"
EMPTY = "global: {scrape_interval: 1s}\n"


async def read(url: str, expression: str, *, span: timedelta = timedelta(minutes=10), **more: Any) -> MetricsRead:
    now = datetime.now(UTC)
    source = Prometheus(Access(url=url))
    try:
        (fact,) = await source.read_metrics(metrics(expression, now - span, now, **more), NOBODY_BROKE, now)
    finally:
        await source.close()
    assert isinstance(fact, MetricsRead)
    assert decode(encode(fact)) == fact
    return fact


async def test_the_points_of_a_real_server_are_read(prometheus: StartWithConfig) -> None:
    url = prometheus(EMPTY).url
    fact = await read(url, "vector(0.15)", step=timedelta(seconds=15), usual=(0.0, 0.01), unit="ratio")

    assert fact.last == fact.max == 0.15
    assert len(fact.series[0].points) == 41
    assert fact.series[0].points[-1][0].tzinfo == UTC
    assert (fact.usual, fact.unit, fact.partial) == ((0.0, 0.01), "ratio", None)
    assert fact.link.startswith(url + "/graph?g0.expr=vector%280.15%29")
    # The greatest of a long series survives thinning; a series that is a clock tells whether the ends do.
    clock = await read(url, "vector(time())", step=timedelta(seconds=1), span=timedelta(minutes=30))
    assert len(clock.series[0].points) == MOST_POINTS
    assert clock.last == clock.series[0].points[-1][1] == clock.max
    assert clock.series[0].points[0][1] == clock.series[0].min


async def test_what_has_no_value_has_no_series(prometheus: StartWithConfig) -> None:
    url = prometheus(EMPTY).url
    assert (await read(url, "nobody_exports_this")).series == ()
    # 0/0 is NaN in PromQL: no value, and never a number.
    assert (await read(url, "vector(0) / vector(0)")).last is None


async def test_a_long_span_is_read_at_a_wider_step_and_says_so(prometheus: StartWithConfig) -> None:
    fact = await read(prometheus(EMPTY).url, "vector(1)", span=timedelta(days=7), step=timedelta(seconds=1))

    assert fact.last == 1
    assert fact.partial is not None


async def test_a_wrong_expression_is_given_up_with_the_servers_own_reason(prometheus: StartWithConfig) -> None:
    with pytest.raises(GiveUp, match="parse error"):
        await read(prometheus(EMPTY).url, "sum(rate(")


async def test_a_server_that_is_not_there_is_tried_later(free_port: int) -> None:
    with pytest.raises(TryLater, match="ConnectError"):
        await read(f"http://127.0.0.1:{free_port}", "up")


@pytest.mark.parametrize("status, error", [(401, GiveUp), (403, GiveUp), (429, TryLater), (502, TryLater), (503, TryLater)])
async def test_each_refusal_says_what_comes_next(status: int, error: type[Exception]) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, text="<html>no</html>", headers={"Retry-After": "7"})

    source = Prometheus(Access(url="http://p"), transport=httpx.MockTransport(refuse))
    with pytest.raises(error) as refused:
        await source.read_metrics(metrics("up", NOW, NOW), NOBODY_BROKE, NOW)
    if isinstance(refused.value, TryLater):
        assert refused.value.after == timedelta(seconds=7)
    else:
        assert "[prometheus]" in str(refused.value)


async def test_a_page_that_is_no_prometheus_is_given_up() -> None:
    source = Prometheus(Access(url="http://p"), transport=httpx.MockTransport(lambda _: httpx.Response(200, text="<html>login</html>")))
    with pytest.raises(GiveUp, match="address"):
        await source.read_metrics(metrics("up", NOW, NOW), NOBODY_BROKE, NOW)


async def test_a_server_that_hangs_is_tried_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kuaihui.integrations.prometheus.read_metrics._BUDGET", timedelta(seconds=1.05))

    async def hang(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(60)
        raise AssertionError

    source = Prometheus(Access(url="http://p"), transport=httpx.MockTransport(hang))
    with pytest.raises(TryLater, match="in time"):
        await source.read_metrics(metrics("up", NOW, NOW), NOBODY_BROKE, NOW)


async def test_credentials_and_tenant_are_sent_and_never_shown() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        rows = [{"metric": {"pod": str(n)}, "values": [[NOW.timestamp(), str(n)]]} for n in range(MOST_SERIES + 5)]
        return httpx.Response(
            200, json={"status": "success", "data": {"resultType": "matrix", "result": rows}, "warnings": ["token=abcdef"]}
        )

    access = Access(url="http://p", token="s3cret", tenant="team-a")
    (fact,) = await Prometheus(access, transport=httpx.MockTransport(answer)).read_metrics(metrics("up", NOW, NOW), NOBODY_BROKE, NOW)

    assert isinstance(fact, MetricsRead)
    assert (seen[0].headers["authorization"], seen[0].headers["x-scope-orgid"]) == ("Bearer s3cret", "team-a")
    assert "s3cret" not in repr(access)
    assert (len(fact.series), fact.last) == (MOST_SERIES, MOST_SERIES + 4)
    assert fact.partial is not None
    assert fact.warnings == ("token=<password>",)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=600), st.integers(3, 120))
def test_thinning_keeps_the_ends_the_greatest_and_the_order(values: list[float], most: int) -> None:
    points = [(NOW + timedelta(seconds=number), value) for number, value in enumerate(values)]
    kept = thinned(points, most)

    assert len(kept) <= most
    assert (kept[0], kept[-1]) == (points[0], points[-1])
    assert max(value for _, value in kept) == max(values)
    assert kept == sorted(set(kept) & set(points))
