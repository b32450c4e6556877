"""When the story begins."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

# STORY 1.1: Saturday 2023-03-11 11:00 in Shanghai.
BEGINS: Final = datetime(2023, 3, 11, 11, 0, tzinfo=ZoneInfo("Asia/Shanghai")).astimezone(UTC)
