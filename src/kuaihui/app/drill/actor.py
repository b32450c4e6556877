"""Somebody of the cast at their phone: what they can do is what the API lets everybody do."""

from __future__ import annotations

from typing import Any, Final

import httpx
import msgspec

from kuaihui.errors import Refused

# The cast reads facts in English, so that what they wait for is written once.
READS: Final = {"Accept-Language": "en"}


def at_the_doors(address: str) -> httpx.AsyncClient:
    """
    A client for people of the cast, with a connection for each deed.

    A kept one is closed by the house after five idle seconds, which is as long as a release takes: the deed behind it then went into a
    connection that was just being closed, and nobody repeats a deed.
    """
    return httpx.AsyncClient(base_url=address, timeout=20, limits=httpx.Limits(max_keepalive_connections=0))


class Seen(msgspec.Struct, frozen=True):
    """A fact as the API shows it to somebody."""

    incident: str
    number: int
    kind: str
    at: str
    by: str
    said: str


class Actor:
    """One person, by the API."""

    def __init__(self, person: str, http: httpx.AsyncClient) -> None:
        self.person, self._http = person, http

    async def does(self, incident: str, deed: str, **given: Any) -> None:  # Any: a deed's own fields, checked by the house
        """Do a deed. Raises Refused with the house's own words."""
        await self._post(f"/api/v1/incidents/{incident}/deeds", {"deed": deed, **given})

    async def reads(self, incident: str) -> None:
        """Open the inbox, and the incident's page."""
        await self._post("/api/v1/inbox/read", {})
        await self.does(incident, "Visit")

    async def _post(self, path: str, body: object) -> None:
        answer = await self._http.post(path, json=body, headers=READS | {"X-Kuaihui-Person": self.person})
        if answer.is_error:
            raise Refused(f"{self.person}: {answer.text[:300]}")


class Looking:
    """Looks at incidents and their facts, as anybody may."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._read: dict[str, int] = {}

    async def incidents(self) -> list[str]:
        """Every incident there is, the first one first."""
        found = await self._get("/api/v1/incidents", state="all", limit="1000")
        return [one["incident"] for one in reversed(found["incidents"])]

    async def news(self, incident: str) -> list[Seen]:
        """The incident's facts that were not seen before."""
        after = self._read.get(incident, 0)
        found = [
            Seen(incident, *(one[name] for name in ("number", "kind", "at", "by", "said"))) for one in await self._facts(incident, after)
        ]
        self._read[incident] = after + len(found)
        return found

    async def _facts(self, incident: str, after: int) -> list[dict[str, Any]]:  # Any: the API's own JSON
        return (await self._get(f"/api/v1/incidents/{incident}/facts", after=str(after)))["facts"]

    async def _get(self, path: str, **query: str) -> Any:  # as above
        answer = await self._http.get(path, params=query, headers=READS)
        answer.raise_for_status()
        return answer.json()
