"""The number an alert brings: "15%", "0.15", "15.2 %", or Grafana's valueString."""

from __future__ import annotations

import math
import re
from typing import Final

_NUMBER: Final = re.compile(r"\s*([-+]?(?:\d[\d,_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*([%％]?)")
# Grafana: "[ var='A' labels={instance=a} value=0.152 ], [ var='B' … ]": the first number is the one that is alerted on.
_GRAFANA: Final = re.compile(r"value=([-+]?[\d.]+(?:[eE][-+]?\d+)?)")


def measure(written: str) -> float | None:
    """The number at the beginning of what was written; a percentage becomes its share. None where there is none that is finite."""
    found = _NUMBER.match(written)
    if found is None:
        return None
    number = float(found[1].replace(",", "").replace("_", ""))
    return finite(number / 100 if found[2] else number)


def grafana_measure(value_string: str) -> float | None:
    """The first number of Grafana's valueString."""
    found = _GRAFANA.search(value_string)
    return measure(found[1]) if found else None


def finite(number: float) -> float | None:
    """The number, or None for infinity and not-a-number, which JSON has no word for."""
    return number if math.isfinite(number) else None
