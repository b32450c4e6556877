"""The phase table, and its drawing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from kuaihui.incident.phases import MOVES, Phase, moved
from kuaihui.incident.recovery import Closed
from tests.incident.every_fact import AT, WHY

ROOT = Path(__file__).parents[2]


def test_every_phase_has_its_row_and_a_way_to_the_end() -> None:
    assert set(MOVES) == set(Phase)
    for phase in set(Phase) - {Phase.CLOSED}:
        assert moved(phase, Closed(at=AT, verdict="recovered", reason=WHY)) is Phase.CLOSED


def test_the_drawing_in_the_docs_is_the_table_in_the_code() -> None:
    drawn = subprocess.run([sys.executable, "tools/draw_phases.py", "--check"], cwd=ROOT, check=False)
    assert drawn.returncode == 0, "run: python tools/draw_phases.py"
