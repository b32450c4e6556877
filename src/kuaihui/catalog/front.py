"""catalog.yaml: what holds for the whole team."""

from __future__ import annotations

from typing import Literal

from kuaihui.catalog.shapes import Entry


class Front(Entry):
    """The team's time zone and language, and the service that takes what fits no other."""

    time_zone: str = "Asia/Shanghai"
    language: Literal["zh", "en"] = "zh"
    catch_all: str
