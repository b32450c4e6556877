"""Write the golden journal of the present release."""

from __future__ import annotations

from pathlib import Path

from kuaihui.incident.facts import encode
from tests.incident.every_fact import FACTS

if __name__ == "__main__":
    folder = Path(__file__).parent / "golden"
    folder.mkdir(exist_ok=True)
    (folder / "0.1.jsonl").write_bytes(b"\n".join(map(encode, FACTS)) + b"\n")
