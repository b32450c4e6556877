"""
How long a large catalog takes to load, and what a question to it costs.

N services, N people and N rotas are written as files and loaded whole. Then, as medians over rounds: the service of an alert whose labels
were seen before, of one whose labels are new, who is on call, whom a target means. The yardstick, in the same run, is PyYAML's own C parser
on the same files, and a dictionary look-up by a tuple of the same labels.

    python bench/catalog.py [--entries 500] [--quick]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import yaml

from kuaihui.catalog.load import load
from kuaihui.catalog.targets import resolve

AT = datetime(2023, 3, 11, 3, tzinfo=UTC)
ROUNDS = 7


def write(folder: Path, entries: int) -> None:
    """A catalog of that many services, people and rotas."""
    person = "p{0}:\n  name: {{zh: 人{0}, en: P{0}}}\n  phone: '{0}'\n  reach: [feishu]\n  leader: {1}\n"
    rota = "r{0}:\n  name: r{0}\n  layers:\n    - people: [p{0}, p{1}]\n      starts: 2023-01-02\n"
    service = (
        "s{0}:\n  name: {{zh: 服务{0}, en: S{0}}}\n  owner: p{0}\n  rota: r{0}\n  communicators: [p{0}]\n"
        '  match:\n    - service="s{0}"\n    - job=~"s{0}-.+"\n  signal:\n    name: x\n    steps:\n      - {{at: 0.1, severity: 2}}\n'
    )
    (folder / "templates").mkdir()
    files = {
        "catalog.yaml": "catch_all: s0\n",
        "people.yaml": "".join(person.format(n, "p0" if n else "") for n in range(entries)),
        "rotas.yaml": "".join(rota.format(n, (n + 1) % entries) for n in range(entries)),
        "services.yaml": "".join(service.format(n) for n in range(entries)),
        "policies.yaml": "default:\n  name: default\n  levels:\n    - notify: [oncall]\n    - notify: [leader]\n",
        "templates/incident.md": "---\nname: a\ntitle: b\n---\n## x {#x}\n",
    }
    for name, words in files.items():
        (folder / name).write_text(words, encoding="utf-8")


def parse(folder: Path) -> None:
    """What the files cost before anything is checked."""
    for file in folder.glob("*.yaml"):
        yaml.load(file.read_bytes(), Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))


def median(ask: Callable[[], object], times: int) -> float:
    """Seconds for one, the median of the rounds."""
    spent: list[float] = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for _ in range(times):
            ask()
        spent.append((time.perf_counter() - began) / times)
    return statistics.median(spent)


def main(entries: int, times: int) -> None:
    """Load, ask, print."""
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent)
        write(folder, entries)
        parsed, loaded = median(lambda: parse(folder), 1), median(lambda: load(folder, AT), 1)
        print(f"{entries} services, people and rotas: loaded and checked in {loaded:.2f} s = {loaded / parsed:.1f} × parsing alone")
        catalog, service, fresh = load(folder, AT), "s77", count()
        labels = {"service": service, "alertname": "x", "severity": "critical", "instance": "10.0.0.1:9090"}
        known: dict[tuple[str | None, str | None], str] = {("s77", None): service}
        bare = median(lambda: known.get((labels.get("service"), labels.get("job"))), times)
        asked = {
            "service_for, labels seen before": median(lambda: catalog.service_for(labels), times),
            "service_for, new labels": median(lambda: catalog.service_for(labels | {"job": f"s12-{next(fresh)}"}), times // 50),
            "on_call": median(lambda: catalog.on_call("r77", AT), times),
            "resolve oncall": median(lambda: resolve(catalog, "oncall", catalog.services[service], AT, {}), times),
            "resolve leader": median(lambda: resolve(catalog, "leader", catalog.services[service], AT, {}), times),
        }
        for name, spent in asked.items():
            print(f"{name}: {spent * 1e6:.1f} µs = {spent / bare:.0f} × a dictionary look-up by its labels ({bare * 1e6:.2f} µs)")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--entries", type=int, default=500)
    arguments.add_argument("--quick", action="store_true")
    given = arguments.parse_args()
    main(100 if given.quick else given.entries, 2_000 if given.quick else 20_000)
