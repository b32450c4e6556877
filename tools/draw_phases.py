"""Draw the table of an incident's phases into docs/incident/phases.md (`--check` only compares)."""

from __future__ import annotations

import sys
from pathlib import Path

from kuaihui.incident.phases import MOVES, Phase
from kuaihui.language import say

PAGE = Path(__file__).parents[1] / "docs" / "incident" / "phases.md"


def drawn() -> str:
    """The page: a drawing and the same as a table, from the table in the code."""
    arrows = [f"    {phase.value} --> {after.value}: {fact.__name__}" for phase, moves in MOVES.items() for fact, after in moves.items()]
    rows = [f"| {_both(phase)} | `{fact.__name__}` | {_both(after)} |" for phase, moves in MOVES.items() for fact, after in moves.items()]
    return "\n".join(
        [
            "# Phases · 阶段",
            "",
            "Made by `python tools/draw_phases.py` from the table in `src/kuaihui/incident/phases.py`. 由代码里的表生成。",
            "",
            "```mermaid",
            "stateDiagram-v2",
            f"    [*] --> {Phase.OPEN.value}: Opened",
            *arrows,
            "```",
            "",
            "| from · 从 | fact · 事实 | to · 到 |",
            "| --- | --- | --- |",
            *rows,
            "",
        ]
    )


def _both(phase: Phase) -> str:
    return f"{phase.value} · {say(phase.said, 'zh')}"


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(PAGE.read_text(encoding="utf-8") != drawn())
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(drawn(), encoding="utf-8")
