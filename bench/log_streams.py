"""
Labelled streams of log lines, as large as wanted, for measuring log signatures.

A stream is drawn from statements: texts with places for values. They are our own (Go, Java, nginx, Kubernetes and Chinese services), or,
with --loghub DIR, the lines of the LogHub samples with their true templates (https://github.com/logpai/loghub; the folder is only read).
Every value gets fresh digits of the same shape; a word in a place of values is drawn from the words seen in that place. Lines spread over
an hour, statements are as frequent as in their sample, some rare ones burst. Lines are `time<TAB>service<TAB>pod<TAB>level<TAB>text`;
beside the file stand the true statement of each line (.truth, one uint32 each) and the planted bursts (.bursts, JSON).

    python bench/log_streams.py OUT.tsv [--lines 1000000] [--seed 1] [--hard 0.05] [--loghub DIR] [--quick]
"""

from __future__ import annotations

import argparse
import array
import csv
import json
import random
import re
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

HOUR = 3600
START = "2026-03-01T14"
PODS = 6
LETTERS = "abcdefghijklmnopqrstuvwxyz"
_VALUE = re.compile(r"(?<![0-9A-Za-z])(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{6,}(?![0-9A-Za-z])|\d+")
# Our own statements: weight, service, level, text. <n> is a number, <x> hexadecimal, <w> a word of a small pool, <h> a host's address.
OWN = """
40 config-center ERROR redis: connection pool timeout
25 config-center ERROR get setting <w>.<w>.<n> failed: redis: connection pool timeout
30 config-center WARN slow read key=cfg:<w>:<n> took=<n>ms pool_hits=<n> pool_misses=<n>
20 config-center INFO GET /v1/settings/<w>/<n> 200 <n>us trace=<x>
8 config-center ERROR dial tcp <h>:6379: i/o timeout
6 config-center ERROR context deadline exceeded (Client.Timeout exceeded while awaiting headers) request_id=<x>
3 config-center WARN circuit breaker for redis-<n> is open, retry in <n>s
3 config-center WARN circuit breaker for redis-<n> is half-open, probing
2 config-center INFO leader election: pod config-center-<x>-<n> became leader (term <n>)
40 gateway INFO <h> - - "GET /api/<w>/<n> HTTP/1.1" 200 <n> rt=0.<n>
20 gateway ERROR <h> - - "POST /api/<w> HTTP/1.1" 502 <n> rt=0.<n> upstream=<h>:8080
15 gateway ERROR upstream timed out (110: Connection timed out) while reading upstream, client: <h>, upstream: "http://<h>:8080/v1/<w>"
6 gateway ERROR connect() failed (111: Connection refused) while connecting to upstream, client: <h>
3 gateway WARN upstream server temporarily disabled while connecting to upstream, client: <h>
2 gateway ERROR no live upstreams while connecting to upstream, client: <h>, server: <w>.example.com
20 order ERROR org.springframework.dao.QueryTimeoutException: PreparedStatementCallback; SQL [select * from t_order where id=?]; cost <n> ms
12 order WARN HikariPool-1 - Connection is not available, request timed out after <n>ms (total=<n>, active=<n>, idle=0, waiting=<n>)
10 order ERROR 订单 <n> 支付失败：余额不足
10 order ERROR 用户 <n> 下单失败，原因：库存服务超时（<n>ms）
5 order INFO 订单 <n> 状态变更：待支付 → 已支付
5 order INFO 订单 <n> 状态变更：已支付 → 已发货
4 order WARN 调用 <w> 服务失败，第 <n> 次重试
3 order ERROR Lock wait timeout exceeded; try restarting transaction (table t_<w>_<n>)
20 kubelet WARN Readiness probe failed: Get "http://<h>:8080/healthz": context deadline exceeded
8 kubelet WARN Liveness probe failed: HTTP probe failed with statuscode: <n>
6 kubelet ERROR Back-off restarting failed container <w> in pod <w>-<x>-<n>
5 kubelet INFO Successfully assigned default/<w>-<x>-<n> to node-<n>
4 kubelet INFO Container <w> definition changed, will be restarted
3 kubelet ERROR Failed to pull image "registry.example.com/<w>:v<n>.<n>": rpc error: code = Unknown
2 kubelet WARN The node was low on resource: memory. Container <w> was using <n>Ki
2 kubelet INFO volume pvc-<x> attached to node-<n>
2 kubelet INFO volume pvc-<x> detached from node-<n>
3 job INFO batch <n> started by scheduler
3 job INFO batch <n> finished by scheduler, <n> rows in <n> ms
1 job ERROR batch <n> aborted: disk quota exceeded on /data/<w>/<n>
1 job ERROR partition <w>-<n> has no leader, offset <n>
"""
WORDS = [
    "user",
    "order",
    "cart",
    "stock",
    "price",
    "coupon",
    "search",
    "login",
    "profile",
    "review",
    "notify",
    "ledger",
    "refund",
    "export",
    "import",
    "report",
]


@dataclass(frozen=True)
class Statement:
    """One true statement of a service, as lines that say it: constants between values, which are (kind, length) or a pool of words."""

    service: str
    level: str
    lines: list[list[object]]


def own() -> list[Statement]:
    """Our own statements, each as many times as it weighs."""
    found: list[Statement] = []
    for row in OWN.strip().splitlines():
        weight, service, level, text = row.split(" ", 3)
        pieces = [_own_piece(piece) for piece in re.split(r"(<[nxwh]>)", text) if piece]
        found.append(Statement(service, level, [pieces] * int(weight)))
    return found


def _own_piece(piece: str) -> object:
    kinds: dict[str, object] = {"<n>": ("d", 4), "<x>": ("x", 10), "<w>": WORDS, "<h>": ("h", 0)}
    return kinds.get(piece, piece)


def loghub(folder: Path, chance: random.Random) -> list[Statement]:
    """The statements of every sample in the folder."""
    found: list[Statement] = []
    for sample in sorted(folder.glob("*/*_structured.csv")):
        rows = list(csv.DictReader(sample.open(newline="", encoding="utf-8")))
        pools: dict[tuple[str, int], list[str]] = defaultdict(list)
        spans = [(row, _spans(row["Content"], row["EventTemplate"])) for row in rows]
        for row, places in spans:
            for number, (begin, end) in enumerate(places):
                pools[row["EventId"], number].append(row["Content"][begin:end])
        said: dict[str, list[list[object]]] = defaultdict(list)
        for row, places in spans:
            said[row["EventId"]].append(
                _line(row["Content"].replace("\t", " "), places, [pools[row["EventId"], n] for n in range(len(places))])
            )
        service = sample.parent.name.lower()
        found += [Statement(service, chance.choice(["ERROR", "ERROR", "WARN", "INFO"]), lines) for _, lines in sorted(said.items())]
    return found


def _spans(content: str, template: str) -> list[tuple[int, int]]:
    pattern = "".join("(.*?)" if piece == "<*>" else re.escape(piece) for piece in re.split(r"(<\*>)", template))
    found = re.fullmatch(pattern, content, re.DOTALL)
    return [found.span(n + 1) for n in range(len(found.groups()))] if found else [(0, len(content))]


def _line(content: str, places: list[tuple[int, int]], pools: list[list[str]]) -> list[object]:
    out: list[object] = []
    edges = [0, *(edge for place in places for edge in place), len(content)]
    for number, (begin, end) in enumerate(pairwise(edges)):
        piece = content[begin:end]
        if number % 2 == 0:
            out.append(piece)
        elif _VALUE.search(piece):
            out += _fresh(piece)
        else:
            out.append(sorted({word.replace("\t", " ") for word in pools[number // 2] if not _VALUE.search(word)}) or piece)
    return out


def _fresh(piece: str) -> Iterator[object]:
    at = 0
    for value in _VALUE.finditer(piece):
        yield piece[at : value.start()]
        yield ("d" if value[0].isdecimal() else "x", len(value[0]))
        at = value.end()
    yield piece[at:]


def _said(line: list[object], chance: random.Random) -> str:
    return "".join(piece if isinstance(piece, str) else _value(piece, chance) for piece in line)


def _renamed(line: list[object], chance: random.Random) -> list[object]:
    """The line with a word never seen in its last place of a value; a line without values stays as it is."""
    last = max((at for at, piece in enumerate(line) if not isinstance(piece, str)), default=None)
    return line if last is None else [*line[:last], "".join(chance.choices(LETTERS, k=chance.randint(6, 12))), *line[last + 1 :]]


def _value(piece: object, chance: random.Random) -> str:
    match piece:
        case ("d", int(length)):
            return str(chance.getrandbits(4 * length) % 10**length).zfill(length if chance.random() < 0.25 else 1)
        case ("x", int(length)):
            return f"{chance.getrandbits(4 * length):0{length}x}"
        case list():
            return str(piece[int(chance.random() * len(piece))])
        case _:
            return ".".join(str(1 + chance.getrandbits(7)) for _ in range(4))


def write(out: Path, lines: int, seed: int, hard: float = 0.0, samples: Path | None = None) -> None:
    """Write the stream, its truth and its bursts."""
    chance = random.Random(seed)
    statements = loghub(samples, chance) if samples else own()
    every = [(number, line) for number, statement in enumerate(statements) for line in statement.lines]
    rare = [number for number, statement in enumerate(statements) if len(statement.lines) <= 5]
    bursts = [(number, at, at + 90) for number in chance.sample(rare, min(6, len(rare))) for at in [chance.randrange(300, 3300)]]
    truth = array.array("I")
    valued = sum(any(not isinstance(piece, str) for piece in line) for _, line in every) / len(every)
    with out.open("w", encoding="utf-8", errors="replace", newline="\n") as file:
        for k in range(lines):
            ms = k * HOUR * 1000 // lines
            now = [number for number, begin, end in bursts if begin <= ms // 1000 <= end] if k % 8 == 0 else []
            number = chance.choice(now) if now else -1
            number, line = (number, chance.choice(statements[number].lines)) if now else every[int(chance.random() * len(every))]
            statement = statements[number]
            truth.append(number)
            text = _said(_renamed(line, chance) if hard and chance.random() < hard / valued else line, chance)
            stamp = f"{START}:{ms // 60000:02}:{ms // 1000 % 60:02}.{ms % 1000:03}Z"
            file.write(f"{stamp}\t{statement.service}\t{statement.service}-{int(chance.random() * PODS)}\t{statement.level}\t{text}\n")
    out.with_suffix(".truth").write_bytes(truth.tobytes())
    out.with_suffix(".bursts").write_text(json.dumps(bursts))


def main() -> None:
    """Write a stream to a file; with --quick a short one to a folder that is removed again, its first lines printed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, nargs="?")
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--hard",
        type=float,
        default=0.0,
        help="the share of lines with a word never seen in place of a value",
    )
    parser.add_argument("--loghub", type=Path)
    parser.add_argument("--quick", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        out: Path = args.out or Path(folder) / "stream.tsv"
        write(out, 1_000 if args.quick else args.lines, args.seed, args.hard, args.loghub)
        print("".join(out.open(encoding="utf-8").readlines()[:5]), end="")


if __name__ == "__main__":
    main()
