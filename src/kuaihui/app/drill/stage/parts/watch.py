"""
The stage's own watch, where Prometheus is not installed: it scrapes, evaluates the rules, posts alerts, and answers the stage's queries.

Rule 1: it says that it is the stage's own, and refuses every expression it does not know with Prometheus's own form of error.
Rule 2: a firing alert is posted again every `resend` seconds with an `endsAt` in the future, and once more at its end, as Prometheus does.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import defaultdict, deque
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import msgspec
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from kuaihui.app.drill.stage.alerts import Alert, post
from kuaihui.app.drill.stage.expressions import KNOWN, RULES, Expression, Labels, Rule, Sample, Vector
from kuaihui.app.drill.stage.parts.serving import serve
from kuaihui.app.drill.stage.prometheus import Target, read_targets
from kuaihui.app.drill.stage.roles import Watch
from kuaihui.app.drill.stage.wire import Client, Unreachable
from kuaihui.language import say, text

KEPT = 900  # samples a series: a quarter of an hour at one a second
STEPS = 11_000  # Prometheus's own limit of points a series
BY_PROMQL = {str(expression): expression for expression in KNOWN.values()}


@dataclass
class Burning:
    """A rule that holds for one set of labels."""

    since: float
    value: float
    posted: float = 0.0


class Watching:
    """Scrapes, evaluates, posts and answers."""

    def __init__(self, role: Watch) -> None:
        self._role = role
        self._client = Client(timeout=0.9)
        self._samples: defaultdict[tuple[str, Labels], deque[Sample]] = defaultdict(lambda: deque(maxlen=KEPT))
        self._burning: dict[tuple[str, Labels], Burning] = {}

    def application(self) -> Starlette:
        """The part of Prometheus's HTTP API that the stage has."""
        routes = [
            Route("/api/v1/query", self.query, methods=["GET", "POST"]),
            Route("/api/v1/query_range", self.query_range, methods=["GET", "POST"]),
            Route("/-/ready", self.ready),
        ]
        return Starlette(routes=routes, lifespan=self._watching)

    async def ready(self, request: Request) -> Response:
        return Response("The stage's own watch, not Prometheus, is ready.\n")

    async def query(self, request: Request) -> Response:
        asked = await _asked(request)
        expression = BY_PROMQL.get(asked.get("query", "").strip())
        if expression is None:
            return _unknown()
        moment = float(asked.get("time") or time.time())
        result: list[dict[str, object]] = [
            {"metric": dict(labels), "value": [moment, str(value)]} for labels, value in expression.at(self._samples, moment).items()
        ]
        return _answer("vector", result)

    async def query_range(self, request: Request) -> Response:
        asked = await _asked(request)
        expression = BY_PROMQL.get(asked.get("query", "").strip())
        if expression is None:
            return _unknown()
        start, end, step = float(asked["start"]), float(asked["end"]), float(asked["step"].removesuffix("s"))
        if step <= 0 or (end - start) / step > STEPS:
            return _bad("exceeded maximum resolution of 11,000 points per timeseries")
        return _answer("matrix", self._range(expression, start, end, step))

    def _range(self, expression: Expression, start: float, end: float, step: float) -> list[dict[str, object]]:
        series: defaultdict[Labels, list[tuple[float, str]]] = defaultdict(list)
        for number in range(int((end - start) / step) + 1):
            moment = start + number * step
            for labels, value in expression.at(self._samples, moment).items():
                series[labels].append((moment, str(value)))
        return [{"metric": dict(labels), "values": values} for labels, values in series.items()]

    @asynccontextmanager
    async def _watching(self, application: Starlette) -> AsyncGenerator[None]:
        async with httpx.AsyncClient(timeout=5.0) as out:
            task = asyncio.create_task(self._watch(out))
            yield
            task.cancel()

    async def _watch(self, out: httpx.AsyncClient) -> None:
        """Once a second, by the wall clock's second."""
        posting = set[asyncio.Task[None]]()
        while True:
            await asyncio.sleep(1 - time.time() % 1)
            targets = read_targets(Path(self._role.targets))
            await asyncio.gather(*(self._scrape(target) for target in targets))
            if alerts := [alert for rule in RULES for alert in self._evaluate(rule, time.time())]:
                for receiver in self._role.receivers:
                    task = asyncio.create_task(post(out, receiver, alerts))
                    posting.add(task)
                    task.add_done_callback(posting.discard)

    async def _scrape(self, target: Target) -> None:
        for address in target.targets:
            try:
                answer = await self._client.get(int(address.rpartition(":")[2]), "/metrics")
            except Unreachable:
                continue
            now = time.time()
            for family in text_string_to_metric_families(answer.body.decode()):
                for sample in family.samples:
                    self._samples[sample.name, tuple(sorted(sample.labels.items()))].append((now, sample.value))

    def _evaluate(self, rule: Rule, now: float) -> Iterator[Alert]:
        """The alerts to be posted for a rule."""
        values: Vector = {labels: value for labels, value in rule.expression.at(self._samples, now).items() if value >= rule.least}
        for labels, value in values.items():
            burning = self._burning.setdefault((rule.name, labels), Burning(now, value))
            burning.value = value
            if now - burning.since >= rule.lasting and now - burning.posted >= self._role.resend:
                burning.posted = now
                yield self._alert(rule, labels, burning, now + 4 * self._role.resend)
        for key in [key for key in self._burning if key[0] == rule.name and key[1] not in values]:
            over = self._burning.pop(key)
            if over.posted:
                yield self._alert(rule, key[1], over, now)

    def _alert(self, rule: Rule, labels: Labels, burning: Burning, ends: float) -> Alert:
        found = dict(labels) | {"service": self._role.service}
        says = text("Gateway 5xx ratio of {service} is {ratio}", service=self._role.service, ratio=f"{burning.value * 100:.4g}%")
        return Alert(
            labels={"alertname": rule.name, "severity": rule.severity, "environment": "full", **rule.labels, **found},
            annotations={"summary": say(says, self._role.language), "value": str(burning.value), "expression": str(rule.expression)},
            startsAt=datetime.fromtimestamp(burning.since, UTC),
            endsAt=datetime.fromtimestamp(ends, UTC),
            generatorURL=f"http://127.0.0.1:{self._role.port}/-/ready",
        )


async def _asked(request: Request) -> dict[str, str]:
    asked = dict(request.query_params)
    if request.method == "POST":
        asked |= {key: str(value) for key, value in (await request.form()).items()}
    return asked


def _answer(kind: str, result: list[dict[str, object]]) -> Response:
    return JSONResponse({"status": "success", "data": {"resultType": kind, "result": result}})


def _unknown() -> Response:
    return _bad("this is the stage's own watch, not Prometheus; it knows these expressions alone: " + "; ".join(BY_PROMQL))


def _bad(error: str) -> Response:
    return JSONResponse({"status": "error", "errorType": "bad_data", "error": error}, status_code=400)


if __name__ == "__main__":
    told = msgspec.json.decode(sys.argv[1], type=Watch)
    serve(Watching(told).application(), told.port)
