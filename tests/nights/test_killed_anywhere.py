"""Killed at every write in turn, and taken up again: nobody is forgotten, nothing is lost, nothing is done more than the one repeat."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PARTS = 4  # so that the nights are shared out among the test's workers


@pytest.mark.timeout(300)
@pytest.mark.parametrize("part", range(1, PARTS + 1))
def test_a_night_killed_at_any_write_ends_like_one_that_was_not(tmp_path: Path, part: int) -> None:
    command = [sys.executable, "-m", "tests.nights.killable", str(tmp_path), str(part), str(PARTS)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr[-3000:]
    nights = [json.loads(line) for line in ran.stdout.splitlines()]
    whole = nights[-1]

    assert whole["dies_at"] == 0
    assert len(nights) > 10
    for night in nights:
        assert_it_ended_well(night, whole)


def assert_it_ended_well(night: dict[str, Any], whole: dict[str, Any]) -> None:
    where = f"killed {night['when']} write {night['dies_at']}"
    assert night["incidents"] == 1, where
    assert night["phase"] == ["closed"], where
    assert night["faults"] == [], where
    assert all(night["length"][incident] >= int(length) for incident, length in night["promised"]), f"{where}: a kept fact is gone"
    carried = Counter(identity for _, identity, _ in night["carried"])
    assert max(carried.values()) <= 2, f"{where}: {carried.most_common(3)}"
    assert paged(night) >= paged(whole), f"{where}: somebody was not paged"


def paged(night: dict[str, Any]) -> set[str]:
    """Who was really paged, by the world's own notes."""
    return {person for _, _, person in night["carried"] if person}
