"""A client that posts alerts over a few connections as fast as they are taken; its bodies are made before the clock starts."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple


class Load(NamedTuple):
    """How one load went: alerts a second, and the answers' delays in milliseconds."""

    rate: float
    p50: float
    p99: float
    failed: int


def stamp(after: float = 0) -> str:
    return f"{datetime.now(UTC) + timedelta(seconds=after):%Y-%m-%dT%H:%M:%S.000Z}"


def alert(number: int, groups: int, started: str, ends: str) -> dict[str, object]:
    """340 bytes, as a Prometheus sends them."""
    group = number % groups
    labels = {
        "alertname": f"HighErrorRate{group}",
        "service": f"svc-{group}",
        "severity": "critical",
        "instance": f"10.0.{number >> 8 & 255}.{number & 255}:9100",
        "pod": f"web-{number:07d}",
        "cluster": "eu-1",
    }
    annotations = {"summary": "error rate above 5 percent", "runbook": "http://127.0.0.1/rb"}
    return {
        "labels": dict(sorted(labels.items())),
        "annotations": annotations,
        "startsAt": started,
        "endsAt": ends,
        "generatorURL": "http://127.0.0.1/g",
    }


def request(path: str, alerts: Sequence[dict[str, object]]) -> bytes:
    body = json.dumps(alerts, separators=(",", ":")).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def bodies(total: int, batch: int, groups: int, started: str, ends: str, first: int = 0) -> list[bytes]:
    """Requests with `total` different alerts, `batch` in each."""
    return [
        request("/api/v2/alerts", [alert(first + number, groups, started, ends) for number in range(at, min(at + batch, total))])
        for at in range(0, total, batch)
    ]


async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sent: bytes) -> tuple[int, bytes]:
    """One request and its answer: status and body."""
    writer.write(sent)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.split(b"content-length:")[1].split(b"\r\n")[0]) if b"content-length:" in head else 0
    return int(head[9:12]), await reader.readexactly(length)


async def post_all(port: int, requests: Sequence[bytes], batch: int, connections: int) -> Load:
    """Post them all; each connection takes the next request as soon as its last is answered."""
    waiting, delays, failed = iter(requests), list[float](), 0

    async def worker() -> None:
        nonlocal failed
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
        for sent in waiting:
            began = time.perf_counter()
            status, _ = await exchange(reader, writer, sent)
            delays.append(time.perf_counter() - began)
            failed += status != 200
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(connections)))
    took = time.perf_counter() - began
    return Load(len(requests) * batch / took, quantile(delays, 0.5) * 1e3, quantile(delays, 0.99) * 1e3, failed)


async def get(port: int, path: str) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 24)
    _, body = await exchange(reader, writer, f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    writer.close()
    return body


def quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")
