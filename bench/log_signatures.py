"""
Log signatures beside Drain3 (its example masking, one configuration for all): lines per second, grouping accuracy, memory.

On the same file, in the same run, each in its own process: read, split the head, mine, and say for every signature its count, first sight
and counts per minute. Ours is timed warm (after one run of a thousand lines), as the median of the rounds, half of them before Drain3's
run and half after it; the cold first call stands beside.

GA is the share of lines whose group is exactly a true one; FGA the harmonic mean of the shares of right groups among the told and the
true.

    python bench/log_signatures.py [--lines 1000000] [--rounds 5] [--seed 1] [--hard 0.05] [--long 10000000] [--loghub DIR] [--quick]

With --loghub DIR (https://github.com/logpai/loghub, the folder is only read) the streams are drawn from its samples, and the accuracy on
each sample itself is told; "left out" is ours with every number of the configuration chosen on the other samples. Without, the streams
are drawn from our own statements. --quick is a short run on those. The file is also shared among several workers, each a process of one
thread, and their parts are merged.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import logging
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import log_streams
import msgspec
import polars as pl
from drain3 import TemplateMiner
from drain3.masking import MaskingInstruction
from drain3.template_miner_config import TemplateMinerConfig

from kuaihui.diagnosis.log_signatures import gather, heads, part, ranking, shapes, templates, values, words

MOST_MEMORY = 500  # megabytes, however long the stream
HEAD = heads.Columns(names=("at", "service", "pod", "level", "text"))
# The masking of the Drain3 project's examples/drain3.ini, its recommended start.
_EDGES = ("((?<=[^A-Za-z0-9])|^)", "((?=[^A-Za-z0-9])|$)")
MASKS = [
    (r"(([0-9a-f]{2,}:){3,}([0-9a-f]{2,}))", "ID"),
    (r"(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})", "IP"),
    (r"([0-9a-f]{6,} ?){3,}", "SEQ"),
    (r"([0-9A-F]{4} ?){4,}", "SEQ"),
    (r"(0x[a-f0-9A-F]+)", "HEX"),
    (r"([\-\+]?\d+)", "NUM"),
]


def chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(4 << 20):
            yield chunk


# --- the contenders, each run in a process of its own


def ours(path: Path, rounds: int) -> Told:
    began = time.perf_counter()
    part.count_bytes([b"2026-03-01T14:00:00.000Z\ta\tb\tERROR\tx 1\n" * 1000], HEAD)
    told = Told(lines=0, seconds=[], signatures=0, start=time.perf_counter() - began)
    before = time.process_time()
    for _ in range(rounds):
        began = time.perf_counter()
        counted = part.count_bytes(chunks(path), HEAD)
        ranked = ranking.rank(counted, datetime(2026, 3, 1, 14, 30, tzinfo=UTC))
        told.seconds.append(time.perf_counter() - began)
        told.lines, told.signatures, told.bursts = counted.lines, len(ranked), sum(one.burst is not None for one in ranked)
    told.cpu = (time.process_time() - before) / rounds
    return told


def ours_groups(path: Path) -> pl.Series:
    """The group of every line, told by its shape."""
    frames = [heads.frame(block, HEAD) for block in heads.blocks(chunks(path), HEAD)]
    names = gather.named(part.count_bytes(chunks(path), HEAD))
    shaped = (shapes.folded(frame.with_row_index("line")).collect().sort("line") for frame in frames)
    joined = (frame.join(names, on=["service", "shape"], how="left", maintain_order="left") for frame in shaped)
    return pl.concat([frame.select(pl.concat_str("service", pl.lit("\t"), "template")) for frame in joined]).to_series()


class Told(msgspec.Struct):
    """What a contender says of its run: seconds of each round, megabytes at most."""

    lines: int
    seconds: list[float]
    signatures: int
    start: float = 0.0
    bursts: int = 0
    memory: float = 0.0
    cpu: float = 0.0  # seconds of all threads, a round


def miner() -> TemplateMiner:
    logging.disable(logging.CRITICAL)
    config = TemplateMinerConfig()
    config.profiling_enabled = False
    config.drain_sim_th, config.drain_depth, config.drain_max_children = 0.4, 4, 100
    config.mask_prefix, config.mask_suffix = "<:", ":>"
    config.masking_instructions = [MaskingInstruction(f"{_EDGES[0]}{pattern}{_EDGES[1]}", name) for pattern, name in MASKS]
    return TemplateMiner(None, config)  # pyright: ignore[reportArgumentType] - its own default is None


def drain3(path: Path, groups: Path) -> Told:
    mine = miner()
    first: dict[int, str] = {}
    per: dict[tuple[int, str], int] = {}
    told: list[int] = []
    began, before = time.perf_counter(), time.process_time()
    with path.open(encoding="utf-8") as file:
        for line in file:
            at, _, _, _, text = line.rstrip("\n").split("\t", 4)
            number = mine.add_log_message(text)["cluster_id"]
            first.setdefault(number, at)
            per[number, at[:16]] = per.get((number, at[:16]), 0) + 1
            told.append(number)
    taken, cpu = time.perf_counter() - began, time.process_time() - before
    pl.DataFrame({"group": told}).write_parquet(groups)
    return Told(lines=len(told), seconds=[taken], signatures=len(first), cpu=cpu)


def in_its_own_process(what: str, path: Path, *args: str) -> Told:
    command = [sys.executable, __file__, "--contender", what, str(path), *args]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=dict(os.environ))
    return msgspec.json.decode(done.stdout, type=Told)


def contender(what: str, path: Path, args: Sequence[str]) -> None:
    match what:
        case "ours":
            told = ours(path, int(args[0]))
        case "worker":
            told = worker(path, int(args[0]), int(args[1]), Path(args[2]))
        case _:
            told = drain3(path, Path(args[0]))
    told.memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(msgspec.json.encode(told).decode())


# --- accuracy


def accuracy(truth: pl.Series, told: pl.Series) -> tuple[float, float]:
    """GA and FGA."""
    pairs = pl.DataFrame({"truth": truth, "told": told}).group_by("truth", "told").len()
    alone = pairs.filter((pl.len().over("truth") == 1) & (pl.len().over("told") == 1))
    right = len(alone)
    shares = right / pairs["told"].n_unique(), right / pairs["truth"].n_unique()
    return int(alone["len"].sum()) / int(pairs["len"].sum()), 2 * shares[0] * shares[1] / sum(shares) if right else 0.0


def sample(path: Path) -> tuple[list[str], pl.Series]:
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [row["Content"] for row in rows], pl.Series([row["EventId"] for row in rows])


def numbered(texts: list[str]) -> pl.Series:
    """The shape of every text, its values numbered: what templates are sought among."""
    frame = pl.DataFrame({"text": texts}).with_row_index("line")
    return shapes.folded(frame).with_columns(kept=values.numbered(pl.col("shape"))).collect().sort("line")["kept"]


def grouped(kept: pl.Series) -> pl.Series:
    names = templates.mine(Counter(kept.to_list()))
    return pl.Series([names[one] for one in kept])


# Every number of the configuration, around what it is.
GRID = {"FEW": (3, 4, 5), "STATES": (8, 12), "_NAMES": (2, 3), "_FIRST_NAMES": (4, 5)}


def set_to(setting: Sequence[int]) -> None:
    for name, value in zip(GRID, setting, strict=True):
        for module in (words, templates):
            if hasattr(module, name):
                setattr(module, name, value)


def samples(folder: Path) -> None:
    paths = {path.parent.name: path for path in sorted(folder.glob("*/*_structured.csv"))}
    loaded = {name: sample(path) for name, path in paths.items()}
    shaped = {name: numbered(texts) for name, (texts, _) in loaded.items()}
    kept = tuple(getattr(templates, name) for name in GRID)
    scores: dict[tuple[int, ...], dict[str, tuple[float, float]]] = {}
    for setting in itertools.product(*GRID.values()):
        set_to(setting)
        scores[setting] = {name: accuracy(truth, grouped(shaped[name])) for name, (_, truth) in loaded.items()}
    set_to(kept)
    print(f"\n{'sample':<12} {'ours GA':>8} {'FGA':>6} {'left out GA':>12} {'FGA':>6} {'Drain3 GA':>10} {'FGA':>6}")
    table = []
    for name, (texts, truth) in loaded.items():
        others = [other for other in loaded if other != name]
        best = max(scores, key=lambda setting: sum(sum(scores[setting][other]) for other in others))
        mine = miner()
        theirs = accuracy(truth, pl.Series([mine.add_log_message(text)["cluster_id"] for text in texts]))
        table.append((*scores[kept][name], *scores[best][name], *theirs))
        show(name, table[-1])
    show("mean", [statistics.mean(column) for column in zip(*table, strict=True)])


def show(name: str, row: Sequence[float]) -> None:
    print(f"{name:<12} {row[0]:8.3f} {row[1]:6.3f} {row[2]:12.3f} {row[3]:6.3f} {row[4]:10.3f} {row[5]:6.3f}")


# --- streams


def race(title: str, path: Path, rounds: int) -> None:
    truth = pl.Series(memoryview(path.with_suffix(".truth").read_bytes()).cast("I").tolist())
    groups = path.with_suffix(".drain3")
    before = in_its_own_process("ours", path, str(max(1, rounds // 2)))
    theirs = in_its_own_process("drain3", path, str(groups))
    after = in_its_own_process("ours", path, str(rounds - rounds // 2))
    seconds = statistics.median([*before.seconds, *after.seconds])
    own, other = accuracy(truth, ours_groups(path)), accuracy(truth, pl.read_parquet(groups)["group"])
    assert before.lines == len(truth), "a line was lost"
    print(f"\n{title}: {before.lines:,} lines, {path.stat().st_size / 1e6:.0f} MB, {truth.n_unique():,} true statements")
    print(f"{'':<8} {'lines/s':>12} {'GA':>6} {'FGA':>6} {'signatures':>11} {'memory MB':>10}")
    for name, told, taken, (ga, fga) in (("ours", before, seconds, own), ("Drain3", theirs, theirs.seconds[0], other)):
        print(f"{name:<8} {told.lines / taken:12,.0f} {ga:6.3f} {fga:6.3f} {told.signatures:11,} {told.memory:10.0f}")
    ratio = theirs.seconds[0] / seconds
    by_cpu = 2 * theirs.cpu / (before.cpu + after.cpu)
    print(
        f"ratio {ratio:.0f} times by the clock, {by_cpu:.0f} times by CPU; GA {own[0] - other[0]:+.3f}, FGA {own[1] - other[1]:+.3f}; ",
        end="",
    )
    print(f"first call {before.start:.1f} s; ", end="")
    planted: list[object] = json.loads(path.with_suffix(".bursts").read_text())
    print(f"bursts found {before.bursts}, planted {len(planted)}")


# --- several workers


def cuts(path: Path, workers: int) -> list[int]:
    """Where each worker's share of the file begins, at the beginning of a line; at last where the file ends."""
    size = path.stat().st_size
    found = [0]
    with path.open("rb") as file:
        for number in range(1, workers):
            file.seek(size * number // workers)
            file.readline()
            found.append(file.tell())
    return [*found, size]


def share(path: Path, begin: int, end: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(begin)
        while (left := end - file.tell()) > 0:
            yield file.read(min(4 << 20, left))


def worker(path: Path, begin: int, end: int, out: Path) -> Told:
    """One worker's share, counted on one core and left as two tables for whoever merges."""
    part.count_bytes([b"2026-03-01T14:00:00.000Z\ta\tb\tERROR\tx 1\n" * 1000], HEAD, threads=1)
    began, before = time.perf_counter(), time.process_time()
    counted = part.count_bytes(share(path, begin, end), HEAD, threads=1)
    counted.by_minute.write_parquet(out.with_suffix(".minutes"))
    counted.by_origin.write_parquet(out.with_suffix(".origins"))
    return Told(counted.lines, [time.perf_counter() - began], 0, cpu=time.process_time() - before)


def by_workers(path: Path, workers: int) -> tuple[part.Part, list[Told], float]:
    """The merged part of so many workers at once, what each told, and the seconds that merging took."""
    edges, outs = cuts(path, workers), [path.with_name(f"{number}-of-{workers}") for number in range(workers)]
    command = [sys.executable, __file__, "--contender", "worker", str(path)]
    calls = [[*command, str(begin), str(end), str(out)] for begin, end, out in zip(edges[:-1], edges[1:], outs, strict=True)]
    env = os.environ | {"POLARS_MAX_THREADS": "1"}
    running = [subprocess.Popen(call, stdout=subprocess.PIPE, text=True, env=env) for call in calls]
    told = [msgspec.json.decode(one.communicate()[0], type=Told) for one in running]
    began = time.perf_counter()
    shares = [part.Part(pl.read_parquet(out.with_suffix(".minutes")), pl.read_parquet(out.with_suffix(".origins"))) for out in outs]
    return part.merge(shares), told, time.perf_counter() - began


def scaling(path: Path) -> None:
    """One worker beside several, up to as many as there are cores: what they bring, and whether their parts merge to the same."""
    cores = len(os.sched_getaffinity(0))
    whole, (one,), _ = by_workers(path, 1)
    print(f"\nworkers on {cores} cores, one thread each, {one.lines:,} lines: one alone {one.lines / one.seconds[0]:,.0f} lines/s")
    for workers in range(2, max(2, cores) + 1):
        merged, told, merging = by_workers(path, workers)
        clock = one.seconds[0] / max(worker.seconds[0] for worker in told)
        cpu = one.cpu / max(worker.cpu for worker in told)
        same = "the same as one's" if part.alike(merged, whole) else "NOT the same as one's"
        print(f"{workers} workers: {clock:.2f} times one by the clock, {cpu:.2f} by CPU; merged in {merging:.2f} s, {same}")


def alone(path: Path) -> None:
    told = in_its_own_process("ours", path, "1")
    seconds = told.seconds[0]
    print(f"\nlong: {told.lines:,} lines in {seconds:.1f} s, {told.lines / seconds:,.0f} lines/s, {told.memory:.0f} MB at most")
    print(f"goal: under {MOST_MEMORY} MB: {'met' if told.memory < MOST_MEMORY else 'NOT MET'}")


def main() -> None:
    if sys.argv[1:2] == ["--contender"]:
        contender(sys.argv[2], Path(sys.argv[3]), sys.argv[4:])
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hard", type=float, default=0.05)
    parser.add_argument("--long", type=int, default=0, help="also stream so many lines through, for the memory")
    parser.add_argument("--loghub", type=Path)
    parser.add_argument("--only", choices=["samples", "mix", "hard", "workers", "long"])
    parser.add_argument("--quick", action="store_true")
    args = parser.parse_args()
    lines = 30_000 if args.quick else args.lines
    with tempfile.TemporaryDirectory() as folder:
        if args.loghub and args.only in (None, "samples"):
            samples(args.loghub)
        for title, hard in (("mix", 0.0), ("hard", args.hard)):
            if args.only in (None, title):
                path = Path(folder) / f"{title}.tsv"
                log_streams.write(path, lines, args.seed, hard, args.loghub)
                race(title, path, args.rounds)
        if args.only in (None, "workers"):
            path = Path(folder) / "workers.tsv"
            log_streams.write(path, lines, args.seed, 0.0, args.loghub)
            scaling(path)
        if args.long and args.only in (None, "long"):
            path = Path(folder) / "long.tsv"
            log_streams.write(path, args.long, args.seed, 0.0, args.loghub)
            alone(path)


if __name__ == "__main__":
    main()
