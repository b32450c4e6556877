"""What a new alert costs at the least, whatever the program around it: each step by itself, in tight loops, nothing between them."""

from __future__ import annotations

import gc
import json
import statistics
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from bench.peers.load import alert, stamp
from kuaihui.incident.alerts import Alert, AlertFired
from kuaihui.incident.facts import encode
from kuaihui.intake.labels import read_labels
from kuaihui.integrations.alertmanager.told import RawAlert
from kuaihui.integrations.sqlite.connections import writing
from kuaihui.integrations.sqlite.tables import bring_up_to_date
from kuaihui.journal.chain import chained

_decode = msgspec.json.Decoder(list[RawAlert]).decode
STEPS = ("split the body", "read labels, make the fingerprint", "make the alert", "remember it", "write the facts", "hash them", "SQLite")


def floor(total: int, groups: int, batch: int, rounds: int = 5) -> dict[str, float]:
    """Microseconds of processor time an alert for each step, the median of the rounds. A request's alerts of one group make one fact."""
    began, ends = stamp(-60), stamp(3600)
    bodies = [
        json.dumps([alert(number, groups, began, ends) for number in range(at, at + batch)], separators=(",", ":")).encode()
        for at in range(0, total, batch)
    ]
    gc.disable()  # what is kept here would be looked through again and again
    measured = [_round(bodies, groups, batch) for _ in range(rounds)]
    gc.enable()
    return {step: statistics.median(round_[step] for round_ in measured) / total * 1e6 for step in STEPS}


def _round(bodies: list[bytes], groups: int, batch: int) -> dict[str, float]:
    now, took = datetime.now(UTC), dict[str, float]()
    raws = _timed(took, STEPS[0], lambda: [raw for body in bodies for raw in _decode(body)])
    named = _timed(took, STEPS[1], lambda: [read_labels(bytes(raw.labels), "") for raw in raws])
    made = _timed(took, STEPS[2], lambda: [Alert(key, labels["alertname"], labels, now, None, "", "", "", now) for key, labels in named])
    _timed(took, STEPS[3], lambda: {alert.key: alert for alert in made})
    together = [tuple(made[at + group : at + batch : groups]) for at in range(0, len(made), batch) for group in range(min(groups, batch))]
    facts = _timed(took, STEPS[4], lambda: [encode(AlertFired(at=now, alerts=alerts)) for alerts in together])
    records = _timed(took, STEPS[5], lambda: [chained("20230311-1103-k7f3", number, "", [fact])[0] for number, fact in enumerate(facts)])
    with TemporaryDirectory() as folder:
        bring_up_to_date(Path(folder) / "journal.db")
        connection = writing(Path(folder) / "journal.db")
        rows = [(at + 1, one.incident, one.number, one.body, one.hash) for at, one in enumerate(records)]

        def write() -> None:
            for at in range(0, len(rows), groups):
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany(
                    "INSERT INTO records (position, incident, number, body, hash) VALUES (?, ?, ?, ?, ?)", rows[at : at + groups]
                )
                connection.execute("COMMIT")

        _timed(took, STEPS[6], write)
        connection.close()
    return took


def _timed(took: dict[str, float], step: str, do):
    began = time.thread_time()
    made = do()
    took[step] = time.thread_time() - began
    return made
