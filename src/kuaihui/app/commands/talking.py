"""How the commands reach a running house: the same API as everybody's."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import httpx

from kuaihui.app.commands.speaking import language
from kuaihui.errors import KuaihuiError, Refused
from kuaihui.language import text


class Talk:
    """
    A conversation with a running house.

    KUAIHUI_SERVER is its address, KUAIHUI_TOKEN a person's token; where the house is open on loopback, KUAIHUI_PERSON says who speaks.
    """

    def __init__(self, server: str = "", person: str = "") -> None:
        headers = {"Accept-Language": language()}
        if token := os.environ.get("KUAIHUI_TOKEN"):
            headers["Authorization"] = f"Bearer {token}"
        if who := person or os.environ.get("KUAIHUI_PERSON"):
            headers["X-Kuaihui-Person"] = who
        self.server = server or os.environ.get("KUAIHUI_SERVER", "http://127.0.0.1:8466")
        self._http = httpx.Client(base_url=self.server, headers=headers, timeout=20)

    def get(self, path: str, **query: str) -> Any:  # the API's own JSON, read by the command that asked
        """The JSON answer of a GET. Raises Refused with the house's own words."""
        return self._ask("GET", path, params=query)

    def post(self, path: str, body: object) -> Any:  # as above
        """The JSON answer of a POST. Raises Refused with the house's own words."""
        return self._ask("POST", path, json=body)

    def post_file(self, path: str, file: Path) -> Any:  # as above
        """The JSON answer of a file's upload."""
        with file.open("rb") as opened:
            return self._ask("POST", path, files={"file": (file.name, opened)})

    def raw(self, path: str) -> bytes:
        """The bytes of a GET."""
        return self._send("GET", path).content

    def _ask(self, method: str, path: str, **sent: Any) -> Any:
        return self._send(method, path, **sent).json()

    def _send(self, method: str, path: str, **sent: Any) -> httpx.Response:
        try:
            answer = self._http.request(method, path, **sent)
        except httpx.TransportError as broken:
            words = text(
                "no house answers at {server} ({what}): start it with `kuaihui up`, or set KUAIHUI_SERVER",
                server=self.server,
                what=str(broken),
            )
            raise KuaihuiError(words) from broken
        if answer.is_error:
            raise Refused(_words(answer))
        return answer


def _words(answer: httpx.Response) -> str:
    try:
        told = answer.json()
        errors = told.get("errors") or [told]
        return "\n".join(str(error.get("message", error)) for error in errors)
    except (ValueError, AttributeError):
        return f"{answer.status_code} {answer.text[:300]}"
