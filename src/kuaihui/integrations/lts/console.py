"""The way back to the logs: LTS's page in Huawei Cloud's console with the same query over the same time."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

CONSOLE: Final = "https://console.huaweicloud.com"
_REGION: Final = re.compile(r"//lts[.]([a-z0-9-]+)[.]")


def page(console: str, endpoint: str, group: str, stream: str, query: str, since: datetime, until: datetime) -> str:
    """The address; `endpoint` tells the region. Empty where it tells none and no console is set up."""
    region = _REGION.search(endpoint)
    if not console and not region:
        return ""
    # The console asks how long, and up to when, in milliseconds.
    span = {"selectDate": round((until - since).total_seconds() * 1_000), "createTime": round(until.timestamp() * 1_000)}
    asked = urlencode({"groupId": group, "topicId": stream, "condition": query, **span})
    where = f"?region={region[1]}" if region else ""
    return f"{(console or CONSOLE).rstrip('/')}/lts/{where}#/cts/logEventsLeftMenu/events?{asked}"
